package memindex

// edit is how one sequence becomes another in the same order: some elements leave it, and others come in between.
type edit struct {
	gone   []int // positions of those that leave, in order
	before []int // the position that each of those that come stands before, in order
}

// edited is a sequence after an edit; came tells what comes in. What stays together is copied together, so that a small edit of a
// long sequence costs little more than a copy.
func edited[T any](old []T, e edit, came func(i int) T) []T {
	all := make([]T, 0, len(old)-len(e.gone)+len(e.before))
	at, gone := 0, e.gone
	keep := func(to int) {
		for len(gone) > 0 && gone[0] < to {
			all = append(all, old[at:gone[0]]...)
			at, gone = gone[0]+1, gone[1:]
		}
		all = append(all, old[at:to]...)
		at = to
	}
	for i, position := range e.before {
		keep(position)
		all = append(all, came(i))
	}
	keep(len(old))
	return all
}
