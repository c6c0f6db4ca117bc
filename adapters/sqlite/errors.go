package sqlite

import (
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

func translate(attempted string, err error) error { return sqlstore.Translate(attempted, err, kindOf) }

// kindOf is the kind of a driver's error. What may pass by itself, a lock, a full disk, a device that fails, is Unavailable:
// nothing is wrong with what was asked.
func kindOf(err error) fault.Kind {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
			sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY:
			return fault.Unavailable
		case sqlite3.SQLITE_INTERRUPT:
			return fault.Canceled
		}
	}
	if errors.Is(err, sql.ErrConnDone) || err.Error() == closedMessage {
		return fault.Unavailable
	}
	return fault.Internal
}

// closedMessage is what database/sql says, without a value to compare with, when it was closed.
const closedMessage = "sql: database is closed"
