package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Level is a level of log lines. It reads the four names and not slog's "INFO+2", for which nobody asked.
type Level slog.Level

// UnmarshalText reads DEBUG, INFO, WARN or ERROR, in any case.
func (l *Level) UnmarshalText(text []byte) error {
	for _, level := range [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(string(text), level.String()) {
			*l = Level(level)
			return nil
		}
	}
	return fmt.Errorf("%q is none of DEBUG, INFO, WARN, ERROR", text)
}

// Level makes it a slog.Leveler.
func (l Level) Level() slog.Level { return slog.Level(l) }

// String is its name.
func (l Level) String() string { return slog.Level(l).String() }

// Size is a number of bytes.
type Size int64

// units are those of GOMEMLIMIT, which operators set beside it; the largest come first.
var units = [...]struct {
	name  string
	bytes Size
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads a whole number of B, KiB, MiB, GiB or TiB, and one without a unit as bytes.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), Size(1)
	for _, u := range units {
		if n, found := strings.CutSuffix(number, u.name); found {
			number, unit = n, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || n > uint64(math.MaxInt64/unit) { //nolint:gosec // unit is positive
		return fmt.Errorf("%q is no size such as 512MiB or 2GiB", text)
	}
	*s = Size(n) * unit
	return nil
}

// String has the largest unit of which it is a whole number.
func (s Size) String() string {
	for _, u := range units {
		if s != 0 && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return "0B"
}

// Networks are networks of addresses. A single address is a network of one.
type Networks []netip.Prefix

// UnmarshalText reads networks and addresses, separated by commas.
func (n *Networks) UnmarshalText(text []byte) error {
	var all Networks
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		network, err := netip.ParsePrefix(part)
		if addr, single := netip.ParseAddr(part); single == nil && addr.Zone() == "" {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return fmt.Errorf("%q is no network such as 10.0.0.0/8 and no address such as 10.1.2.3", part)
		}
		all = append(all, network.Masked())
	}
	*n = all
	return nil
}

// String has them separated by commas.
func (n Networks) String() string {
	all := make([]string, len(n))
	for i, network := range n {
		all[i] = network.String()
	}
	return strings.Join(all, ",")
}

// parsers say what would be right where the standard library says what went wrong inside it.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[int](): func(text string) (any, error) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number such as 10", text)
		}
		return n, nil
	},
	reflect.TypeFor[float64](): func(text string) (any, error) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number such as 10 or 0.5", text)
		}
		return n, nil
	},
	reflect.TypeFor[time.Duration](): func(text string) (any, error) {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no duration such as 30s or 5m", text)
		}
		return d, nil
	},
}

// parse fills c from what is set. illegible are the variables that could not be read, by name.
func parse(c *Config, set map[string]string) (illegible map[string]error, err error) {
	err = env.ParseWithOptions(c, env.Options{Environment: set, Prefix: Prefix, FuncMap: parsers})
	if err == nil {
		return nil, nil
	}
	aggregate, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return nil, err
	}
	illegible = map[string]error{}
	for _, e := range aggregate.Errors {
		wrong, ok := errors.AsType[env.ParseError](e)
		if !ok {
			return nil, err
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(wrong.Name)
		illegible[variable(field)] = wrong.Err
	}
	return illegible, nil
}
