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
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isPassing(e.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, known := range [...]error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, puddle.ErrClosedPool, sqlstore.ErrAgain} {
		if errors.Is(err, known) {
			return true
		}
	}
	return pgconn.SafeToRetry(err) || err.Error() == closedMessage
}

// closedMessage is what pgx says, without a value to compare with, of a connection that broke before.
const closedMessage = "conn closed"

// isPassing tells by the SQLSTATE (PostgreSQL's manual, appendix A).
func isPassing(code string) bool {
	switch code {
	case "57014", // a statement that took too long, or was ended by an operator
		"55P03",                                              // a lock that was not had in time
		"40001", "40P01", "23505", "25P02", "25P03", "25P04", // others were in the way every time; a transaction that was cut off
		"25006",                            // a standby, where the primary was
		"42501", "42P01", "42703", "3D000": // a right, a table, a column or a database that an operator has to give
		return true
	}
	switch code[:min(2, len(code))] {
	case "08", "28", "53", "57", "58", "XX": // connections, passwords, resources, operators, the system, damaged data
		return true
	}
	return false
}
