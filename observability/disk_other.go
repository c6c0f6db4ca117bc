//go:build !unix

package observability

import "errors"

func room(string) (free, size float64, err error) { return 0, 0, errors.ErrUnsupported }
