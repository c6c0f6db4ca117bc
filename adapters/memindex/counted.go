package memindex

import (
	"sort"

	"github.com/RoaringBitmap/roaring/v2"
)

// set are positions of an order of the base.
type set interface {
	// next is the first position of the set from one on, in a direction, and -1 where there is none.
	next(position, step int) int
}

// counted is a set of which the nth is known.
type counted interface {
	set
	nth(n int) int // n is below the size
	size() int
}

// livingSpan is a span without the rows that are dead.
type livingSpan struct {
	*span
	version *version
	dead    []int // positions that match and are dead; needed by nth
	living  int
}

func (l *livingSpan) next(position, step int) int {
	for {
		position = l.span.next(position, step)
		if position < 0 || len(l.version.dead) == 0 || !l.version.gone.Contains(l.row(l.order, narrow(position))) {
			return position
		}
		position += step
	}
}

func (l *livingSpan) size() int { return l.living }

// nth is that of the living. Each look tells of more dead that stand before, until there are no more of them.
func (l *livingSpan) nth(n int) int {
	dead := 0
	for range 8 {
		position := l.span.nth(n + dead)
		more := sort.SearchInts(l.dead, position+1)
		if more == dead {
			return position
		}
		dead = more
	}
	// Where many dead stand together, the one is looked for behind which enough of the living are.
	dead = sort.Search(len(l.dead), func(i int) bool { return l.before(l.dead[i])-i > n })
	return l.span.nth(n + dead)
}

// bitmapSet are rows.
type bitmapSet struct {
	*roaring.Bitmap
	count int
}

func (b bitmapSet) next(position, step int) int {
	if position < 0 {
		return -1
	}
	if step < 0 {
		return int(b.PreviousValue(narrow(position)))
	}
	return int(b.NextValue(narrow(position)))
}

func (b bitmapSet) size() int { return b.count }

func (b bitmapSet) nth(n int) int {
	row, _ := b.Select(uint32(n)) //nolint:gosec // below the size
	return int(row)
}
