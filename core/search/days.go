package search

import (
	"slices"

	"github.com/marquee-events/marquee/core/event"
)

const (
	secondsPerDay = 24 * 60 * 60
	daysPerBlock  = 64
	// maxBlocks bounds the days that are told apart, whatever dates feeds contain: 179 years of them, some 600 kB.
	maxBlocks = 1024
)

// days knows for each day, in UTC, the number of the last change that touched it. Days lie in blocks, in the order of the
// calendar, so that a long range is answered from the newest change of each block. It is not safe for use by
// many goroutines.
type days struct {
	numbers []int64 // of the blocks, ascending
	newest  []int64 // change of each block
	blocks  []*[daysPerBlock]int64
	most    int // blocks

	last       int64 // change of all
	everywhere int64 // last change that counts for every day
	floor      int64 // what was made from a version before it may have been touched by a change that is forgotten
}

func newDays(floor int64, most int) *days {
	return &days{floor: floor, last: floor, everywhere: floor, most: most}
}

// mark takes note of a change, later than those before it, of something that takes place then.
//
// A range holds what begins and ends inside of it, so all that it holds begins on one of its days: to mark the day of the
// beginning is enough, and a festival of half a year does not touch half a year of days. For ranges that hold what
// overlaps with them, every day up to the end would have to be marked, and what is too long for that as everywhere.
func (d *days) mark(when event.TimeRange, change int64) {
	d.last = change
	start, begins := when.From.Unix()
	end, ends := when.To.Unix()
	// What ends before it begins, or whose times are not known, may be inside of ranges that have none of its days.
	if !begins || !ends || end < start {
		d.everywhere = change
		return
	}
	day := dayOf(start)
	number := blockOf(day)
	i, found := slices.BinarySearch(d.numbers, number)
	if !found {
		if len(d.blocks) >= d.most {
			d.forget()
			i, _ = slices.BinarySearch(d.numbers, number)
		}
		d.numbers = slices.Insert(d.numbers, i, number)
		d.newest = slices.Insert(d.newest, i, change)
		d.blocks = slices.Insert(d.blocks, i, new([daysPerBlock]int64))
	}
	d.newest[i] = change
	d.blocks[i][day-number*daysPerBlock] = change
}

// forget drops the half of the blocks that was not changed for the longest time, so that it is seldom needed and
// costs the least of what is current.
func (d *days) forget() {
	byAge := slices.Sorted(slices.Values(d.newest))
	d.floor = byAge[len(byAge)/2]
	kept := 0
	for i, newest := range d.newest {
		if newest <= d.floor {
			continue
		}
		d.numbers[kept], d.newest[kept], d.blocks[kept] = d.numbers[i], newest, d.blocks[i]
		kept++
	}
	clear(d.blocks[kept:])
	d.numbers, d.newest, d.blocks = d.numbers[:kept], d.newest[:kept], d.blocks[:kept]
}

// touched reports whether a change after that number may have changed what the range holds. It may say so without
// need, and never fails to say so.
func (d *days) touched(r event.TimeRange, since int64) bool {
	if since < d.floor || since < d.everywhere {
		return true
	}
	if since >= d.last {
		return false
	}
	low, high := 0, len(d.blocks) // the blocks of the range
	first, last := int64(0), int64(daysPerBlock-1)
	if from, ok := r.From.Unix(); ok {
		day := dayOf(from)
		low, _ = slices.BinarySearch(d.numbers, blockOf(day))
		first = day
	} else if low < high {
		first = d.numbers[low] * daysPerBlock
	}
	if to, ok := r.To.Unix(); ok {
		day := dayOf(to)
		high, _ = slices.BinarySearch(d.numbers, blockOf(day)+1)
		last = day
	} else if low < high {
		last += d.numbers[high-1] * daysPerBlock
	}
	for i := low; i < high; i++ {
		if d.newest[i] <= since {
			continue
		}
		begins := d.numbers[i] * daysPerBlock
		if begins >= first && begins+daysPerBlock-1 <= last {
			return true
		}
		for day := max(first-begins, 0); day <= min(last-begins, daysPerBlock-1); day++ {
			if d.blocks[i][day] > since {
				return true
			}
		}
	}
	return false
}

// dayOf is the day of an instant in UTC, counted from 1970.
func dayOf(unix int64) int64 { return floorDiv(unix, secondsPerDay) }

func blockOf(day int64) int64 { return floorDiv(day, daysPerBlock) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
