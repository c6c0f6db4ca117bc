package panelstest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// colors are those that thresholds and series have by name.
var colors = map[string]string{"green": "#2f9e5b", "yellow": "#d9a400", "orange": "#e8730c", "red": "#d6334a", "blue": "#3274d9"}

// series are the colours of lines, one after the other.
var series = []string{"#2f9e5b", "#d9a400", "#3274d9", "#e8730c", "#d6334a", "#8a4fc4", "#1b9aaa", "#b0527a", "#6b7a2a", "#5b6b8c", "#a8673a", "#4a9be8"}

func paint(color string) string {
	if c, ok := colors[color]; ok {
		return c
	}
	return color
}

// format writes a value with its unit.
func format(value float64, unit string, decimals *int) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "–"
	}
	switch unit {
	case "percentunit":
		return number(value*100, decimals) + "%"
	case "s":
		return seconds(value, decimals)
	case "bytes":
		return scaled(value, decimals, 1024, "B", "KiB", "MiB", "GiB", "TiB")
	case "reqps":
		return scaled(value, decimals, 1000, "", "K", "M") + " req/s"
	case "ops":
		return scaled(value, decimals, 1000, "", "K", "M") + " ops/s"
	case "none":
		return number(value, decimals)
	}
	return strings.TrimSpace(scaled(value, decimals, 1000, "", "K", "M", "G"))
}

func seconds(value float64, decimals *int) string {
	size := math.Abs(value)
	switch {
	case size == 0:
		return "0 s"
	case size < 1e-3:
		return number(value*1e6, decimals) + " µs"
	case size < 1:
		return number(value*1e3, decimals) + " ms"
	case size < 120:
		return number(value, decimals) + " s"
	case size < 7200:
		return number(value/60, decimals) + " min"
	case size < 48*3600:
		return number(value/3600, decimals) + " h"
	}
	return number(value/86400, decimals) + " d"
}

func scaled(value float64, decimals *int, by float64, names ...string) string {
	i := 0
	for math.Abs(value) >= by && i+1 < len(names) {
		value /= by
		i++
	}
	text := number(value, decimals)
	if names[i] != "" {
		text += " " + names[i]
	}
	return text
}

// number has three digits that count, unless it is told how many follow the point.
func number(value float64, decimals *int) string {
	if decimals != nil {
		return strconv.FormatFloat(value, 'f', *decimals, 64)
	}
	size := math.Abs(value)
	digits := 2
	switch {
	case size >= 100:
		digits = 0
	case size >= 10:
		digits = 1
	case size > 0 && size < 0.01:
		return fmt.Sprintf("%.2g", value)
	}
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
