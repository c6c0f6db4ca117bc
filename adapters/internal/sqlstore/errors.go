package sqlstore

import (
	"errors"

	"github.com/marquee-events/marquee/core/fault"
)

// Translate gives an engine's error the kind that the engine says, and tells what was attempted; nil stays nil, and what has
// a kind already keeps it.
func Translate(attempted string, err error, kind func(error) fault.Kind) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.Wrap(kind(err), attempted, err)
}
