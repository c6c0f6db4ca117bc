package memindex

import "slices"

// longest are the events that last longest, a few in a hundred of all. What starts before a range and ends behind it lasts longer than the
// range: where that is no shorter than any of the others, these are all that can. They are looked up as all are, but in so little
// memory that a processor has it at hand, where the wavelet matrix of all costs a search much of its time.
type longest struct {
	starts, ends instants // of each, in order
	startsByEnd  *wavelet // places in the order of starts, in the order of ends
	others       int64    // seconds that no other lasts longer than
}

// oneIn is how many there are for each of the longest at least: more where many last as long as each other.
const oneIn = 32

// newLongest picks them from all, of which the order of ends is told.
func newLongest(starts, ends []int64, byEnd []uint32) *longest {
	l := &longest{}
	if size := len(byEnd); size > 0 {
		byLength := sorted(byEnd, func(row uint32) uint64 { return signed(ends[row] - starts[row]) })
		shorter := byLength[size-1-size/oneIn]
		l.others = ends[shorter] - starts[shorter]
	}
	var rows []uint32
	var from, to []int64
	for row, start := range starts {
		if ends[row]-start > l.others {
			rows, from = append(rows, narrow(row)), append(from, start)
		}
	}
	places := make([]uint32, 0, len(rows))
	for _, row := range byEnd {
		if ends[row]-starts[row] > l.others {
			place, _ := slices.BinarySearch(rows, row)
			places, to = append(places, narrow(place)), append(to, ends[row])
		}
	}
	l.starts, l.ends, l.startsByEnd = newInstants(from), newInstants(to), newWavelet(places)
	return l
}

// around is how many start before an instant and end behind another; false where it is not known, as where l is nil.
func (l *longest) around(from, to int64) (count int, known bool) {
	if l == nil || from > to || from == always || to == never || to-from < l.others {
		return 0, false
	}
	before := l.starts.before(from)
	return before - l.startsByEnd.below(0, l.ends.upTo(to), before), true
}

func (l *longest) bytes() int64 {
	return l.starts.bytes() + l.ends.bytes() + int64(len(l.starts.all)+len(l.ends.all))*8 + l.startsByEnd.bytes()
}
