package memindex

import (
	"cmp"
	"slices"
)

// fewRows are so few that comparing them takes less than a pass.
const fewRows = 1 << 12

// sorted is the order of rows by their keys, and those with equal keys as they stand in order. Unless there are few, it takes a pass for each
// 16 bits in which keys differ, and no comparisons.
func sorted(order []uint32, key func(row uint32) uint64) []uint32 {
	const digits = 1 << 16
	if len(order) < fewRows {
		few := slices.Clone(order)
		slices.SortStableFunc(few, func(a, b uint32) int { return cmp.Compare(key(a), key(b)) })
		return few
	}
	least, most := ^uint64(0), uint64(0)
	for _, row := range order {
		k := key(row)
		least, most = min(least, k), max(most, k)
	}
	current, next := slices.Clone(order), make([]uint32, len(order))
	starts := make([]uint32, digits)
	for shift := 0; shift < 64 && (most-least)>>shift > 0; shift += 16 {
		clear(starts)
		for _, row := range current {
			starts[(key(row)-least)>>shift&(digits-1)]++
		}
		sum := uint32(0)
		for d, n := range starts {
			starts[d] = sum
			sum += n
		}
		for _, row := range current {
			d := (key(row) - least) >> shift & (digits - 1)
			next[starts[d]] = row
			starts[d]++
		}
		current, next = next, current
	}
	return current
}

// signed is a key that orders as the number does.
func signed(n int64) uint64 { return uint64(n) ^ 1<<63 } //nolint:gosec // all 64 bits are kept
