package memindex

import "sort"

// instants are in order. Of every so many the first is in a list that stays in a processor's cache, so that looking one up reads
// memory in one place.
type instants struct {
	all   []int64
	marks []int64
}

const markEvery = 256

func newInstants(all []int64) instants {
	i := instants{all: all, marks: make([]int64, 0, len(all)/markEvery+1)}
	for at := 0; at < len(all); at += markEvery {
		i.marks = append(i.marks, all[at])
	}
	return i
}

// before is how many are before an instant.
func (i *instants) before(unix int64) int {
	if unix == always {
		return 0
	}
	lo := max(0, sort.Search(len(i.marks), func(m int) bool { return i.marks[m] >= unix })-1) * markEvery
	part := i.all[lo:min(lo+markEvery, len(i.all))]
	return lo + sort.Search(len(part), func(at int) bool { return part[at] >= unix })
}

// upTo is how many are not behind an instant.
func (i *instants) upTo(unix int64) int {
	if unix == never {
		return len(i.all)
	}
	return i.before(unix + 1)
}
