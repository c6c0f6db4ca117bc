package webpage

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	dayForm   = "Mon 2 Jan 2006"
	dayOfYear = "Mon 2 Jan"
	clockForm = "15:04"
)

// whenText is when an event takes place, by the clocks there.
func whenText(start, end *time.Time) string {
	if start == nil {
		return "Time not known"
	}
	text := start.Format(dayForm) + ", " + start.Format(clockForm)
	switch {
	case end == nil || end.Equal(*start):
		return text
	case sameEvening(*start, *end):
		return text + "–" + end.Format(clockForm)
	case start.Year() == end.Year():
		return start.Format(dayOfYear) + " – " + end.Format(dayForm)
	}
	return start.Format(dayForm) + " – " + end.Format(dayForm)
}

// sameEvening tells whether nobody would mention the date of the end.
func sameEvening(start, end time.Time) bool {
	return end.Sub(start) < 24*time.Hour && (start.YearDay() == end.YearDay() || end.Hour() < 6)
}

// zoneText names the zone of a time, with its offset from UTC.
func zoneText(zone string, at time.Time) string {
	offset := "UTC" + at.Format("-07:00")
	if strings.HasSuffix(offset, "00:00") {
		offset = "UTC"
	}
	if zone == "" || zone == offset {
		return offset
	}
	return zone + " (" + offset + ")"
}

// rangeText is what a question asks for, in words.
func (q *question) rangeText() string {
	if q.wrong() {
		return ""
	}
	from, to := q.span.from, q.span.to
	switch q.when {
	case past:
		return "everything that is over by now"
	case anyDates:
		if q.from == q.to {
			return from.Format(dayForm)
		}
		return from.Format(dayForm) + " to " + to.Format(dayForm)
	case thirty:
		return "from now until " + to.Format(dayForm)
	}
	return from.Format(dayForm+", "+clockForm) + ", to " + to.Format(dayForm+", "+clockForm)
}

var symbols = map[string]string{"EUR": "€", "USD": "$", "GBP": "£"}

// priceText is a range of prices.
func priceText(least, most *json.Number, currency string) string {
	if least == nil || most == nil {
		return "No price known"
	}
	if *least == *most {
		return amount(*least, currency)
	}
	return amount(*least, currency) + "–" + amount(*most, currency)
}

// amount is a price, with cents where it has any.
func amount(n json.Number, currency string) string {
	text := n.String()
	if text == "0" {
		return "Free"
	}
	if point := strings.IndexByte(text, '.'); point == len(text)-2 && point > 0 {
		text += "0"
	}
	if symbol, known := symbols[currency]; known {
		return symbol + text
	}
	if currency == "" {
		return text
	}
	return text + " " + currency
}

// count is a number of things.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped is a number with its thousands apart.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
