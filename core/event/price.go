package event

import (
	"strconv"
	"strings"

	"github.com/marquee-events/marquee/core/fault"
)

// Price is an exact amount in ten-thousandths of the currency's unit; 0 is a free event. It is never
// negative. Which currency it is in is said by the event.
type Price int64

const (
	priceScale    = 10_000
	priceDecimals = 4
	// MaxPrice is the largest amount that is accepted: 1,000,000,000 units. What is beyond it is a
	// feed's mistake, and sums of prices stay far from overflow.
	MaxPrice Price = 1_000_000_000 * priceScale
)

// ParsePrice reads a decimal number such as "20", "20.5" or "20.0000": digits with at most four
// decimals, no sign, exponent or grouping, at most MaxPrice. Trailing zeros beyond the fourth decimal do not
// change the amount and are accepted. The error is fault.Invalid and says what was wrong.
func ParsePrice(s string) (Price, error) {
	whole, fraction, pointed := strings.Cut(s, ".")
	if !digits(whole) || pointed && !digits(fraction) {
		return 0, fault.New(fault.Invalid, "%q is no price; one looks like 20 or 19.90", clip(s))
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > priceDecimals {
		return 0, fault.New(fault.Invalid, "%q has more than %d decimals", clip(s), priceDecimals)
	}
	padding := "0000"[:priceDecimals-len(fraction)]
	amount, err := strconv.ParseInt(whole+fraction+padding, 10, 64)
	if err != nil || Price(amount) > MaxPrice {
		return 0, fault.New(fault.Invalid, "%q is more than the largest price, %s", clip(s), MaxPrice)
	}
	return Price(amount), nil
}

func digits(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String is the shortest exact decimal: "20", "19.9", "0".
func (p Price) String() string { return string(p.Append(make([]byte, 0, 16))) }

// Append appends the shortest exact decimal, which is a valid JSON number.
func (p Price) Append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(p)/priceScale, 10)
	rest := int64(p) % priceScale
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := int64(priceScale / 10); rest > 0; unit /= 10 {
		b = append(b, "0123456789"[rest/unit])
		rest %= unit
	}
	return b
}

// PriceRange spans the prices of an event. The zero value is known to nobody: an event without zones.
type PriceRange struct {
	Min, Max Price
	Known    bool
}

// Include widens the range by one price.
func (r PriceRange) Include(p Price) PriceRange {
	if !r.Known {
		return PriceRange{Min: p, Max: p, Known: true}
	}
	return PriceRange{Min: min(r.Min, p), Max: max(r.Max, p), Known: true}
}
