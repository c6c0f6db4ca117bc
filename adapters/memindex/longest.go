package memindex

// longest are the events that last longest, a few of them. What starts before a range and ends behind it lasts longer than the range: where
// that is longer than the shortest of these, they are all that can, and none has to be counted in the wavelet matrix.
type longest struct {
	list     []lasting
	complete bool // there are no others
	shortest int64
}

type lasting struct{ start, end int64 }

func (l lasting) seconds() int64 { return l.end - l.start }

const mostLongest = 64 // so that to look at all takes less than to count

func newLongest(starts, ends []int64) longest {
	l := longest{complete: len(starts) <= mostLongest}
	shortest := 0
	for row, start := range starts {
		one := lasting{start, ends[row]}
		switch {
		case len(l.list) < mostLongest:
			l.list = append(l.list, one)
		case one.seconds() > l.list[shortest].seconds():
			l.list[shortest] = one
		default:
			continue
		}
		for i := range l.list {
			if l.list[i].seconds() < l.list[shortest].seconds() {
				shortest = i
			}
		}
	}
	if len(l.list) > 0 {
		l.shortest = l.list[shortest].seconds()
	}
	return l
}

// around is how many start before an instant and end behind another, which is not before it; false where that is not known.
func (l *longest) around(from, to int64) (count int, known bool) {
	if !l.complete && (len(l.list) == 0 || from > to || to == never || to-from < l.shortest) {
		return 0, false
	}
	for _, one := range l.list {
		if one.start < from && one.end > to {
			count++
		}
	}
	return count, true
}
