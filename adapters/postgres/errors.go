package postgres

import (
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

func translate(attempted string, err error) error { return sqlstore.Translate(attempted, err, kindOf) }

// kindOf is the kind of a driver's error. What may pass by itself, a server that is away, starts, stops or is full, is
// Unavailable, and so is what an operator has to set right: nothing is wrong with what was asked.
func kindOf(err error) fault.Kind {
	if isAway(err) {
		return fault.Unavailable
	}
	return fault.Internal
}

func isAway(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true // whatever the server's reason was
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return !isOfTheData(e.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, known := range [...]error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, puddle.ErrClosedPool, sqlstore.ErrAgain} {
		if errors.Is(err, known) {
			return true
		}
	}
	return pgconn.SafeToRetry(err)
}

// isOfTheData tells by the SQLSTATE (PostgreSQL's manual, appendix A) whether what was to be stored is at fault: a value or a
// key that cannot be, or more than the server can do. A key that is there twice is another delivery that won every time.
func isOfTheData(code string) bool {
	switch code[:min(2, len(code))] {
	case "21", "22", "23", "54":
		return code != "23505"
	}
	return false
}
