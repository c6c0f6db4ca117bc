package memindex

// instants are in order. Of every eight, which are a line of a processor's cache, the first is in a list of its own, and so on up to a
// list of no more than eight: looking one up reads one line of each, of which only the last few are not in a cache anyway.
type instants struct {
	all   []int64
	marks [][]int64 // from the shortest list on
}

const markEvery = 8

func newInstants(all []int64) instants {
	i := instants{all: all}
	for of := all; len(of) > markEvery; {
		marks := make([]int64, 0, len(of)/markEvery+1)
		for at := 0; at < len(of); at += markEvery {
			marks = append(marks, of[at])
		}
		i.marks = append([][]int64{marks}, i.marks...)
		of = marks
	}
	return i
}

// before is how many are before an instant.
func (i *instants) before(unix int64) int {
	if unix == always {
		return 0
	}
	line := 0
	for _, marks := range i.marks {
		line = max(0, beforeFrom(marks, line, unix)-1)
	}
	return beforeFrom(i.all, line, unix)
}

// beforeFrom is before of a list, where it is known that the answer is in a line, or at the end of it.
func beforeFrom(list []int64, line int, unix int64) int {
	at := line * markEvery
	before := 0
	for _, instant := range list[at:min(at+markEvery, len(list))] { // to the end of it, which takes less than to guess where to stop
		if instant < unix {
			before++
		}
	}
	return at + before
}

// upTo is how many are not behind an instant.
func (i *instants) upTo(unix int64) int {
	if unix == never {
		return len(i.all)
	}
	return i.before(unix + 1)
}

// bytes are those of the marks.
func (i *instants) bytes() (size int64) {
	for _, marks := range i.marks {
		size += int64(len(marks)) * 8
	}
	return size
}
