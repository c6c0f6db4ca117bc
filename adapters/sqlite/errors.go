package sqlite

import (
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/marquee-events/marquee/core/fault"
)

// translate gives a driver's error its kind. What already has one keeps it. What may pass by itself, a
// lock, a full disk, a device that fails, is Unavailable: nothing is wrong with what was asked.
func translate(attempted string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	kind := fault.Internal
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
			sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY:
			kind = fault.Unavailable
		case sqlite3.SQLITE_INTERRUPT:
			kind = fault.Canceled
		}
	}
	if errors.Is(err, sql.ErrConnDone) || err.Error() == closedMessage {
		kind = fault.Unavailable
	}
	return fault.Wrap(kind, attempted, err)
}

// closedMessage is what database/sql says, without a value to compare with, when it was closed.
const closedMessage = "sql: database is closed"
