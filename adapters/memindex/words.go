package memindex

import (
	"slices"
	"sort"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// folds are the folds of all titles, each once, and which of them have a word in them.
//
// A word of three bytes or more is looked up by its trigrams: a fold that has the word has all of them, and what has all of them is
// looked at. What is shorter is looked for in all folds.
type folds struct {
	list  lines             // in order; a fold's place is its rank
	grams []*roaring.Bitmap // ranks of the folds that have each trigram, nil where none has
	used  []uint32          // trigrams that some have, in order
	bytes int64
}

// Trigrams are of letters of an alphabet of 64, so that their numbers are a table's. Bytes that share a letter make candidates that are no
// matches, which are looked at anyway.
const (
	letterBits = 6
	gramCount  = 1 << (3 * letterBits)
)

func letter(c byte) uint32 {
	switch {
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 1
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 27
	case c == ' ':
		return 0
	case c < 0x80:
		return 37 + uint32(c)%11
	default:
		return 48 + uint32(c)%16
	}
}

// newFolds makes them of a list in order, of which each is there once.
func newFolds(list []string) *folds {
	f := &folds{list: linesOf(list), grams: make([]*roaring.Bitmap, gramCount)}
	for rank, fold := range list {
		eachGram(fold, func(gram uint32) { f.ranks(gram).Add(narrow(rank)) })
	}
	f.finish()
	return f
}

// joined are the folds with others, in order, that are not among them, and the ranks that those which were have now. Only the others
// are taken apart.
func (f *folds) joined(strange []string) (all *folds, places []uint32) {
	all = &folds{grams: make([]*roaring.Bitmap, gramCount)}
	all.list, places = merged(f.list, strange)
	came := map[uint32][]uint32{} // ranks of each trigram
	for _, fold := range strange {
		rank, _ := all.rank(fold)
		eachGram(fold, func(gram uint32) { came[gram] = append(came[gram], narrow(rank)) })
	}
	var moved []uint32
	for _, gram := range f.used {
		ranks := f.grams[gram]
		size := int(ranks.GetCardinality()) //nolint:gosec // a number of titles
		moved = slices.Grow(moved[:0], size)[:size]
		ranks.ManyIterator().NextMany(moved)
		for i, rank := range moved {
			moved[i] = places[rank]
		}
		all.ranks(gram).AddMany(moved)
	}
	for gram, ranks := range came {
		all.ranks(gram).AddMany(ranks)
	}
	all.finish()
	return all, places
}

// ranks are those of a trigram, which is one of those that some folds have from then on.
func (f *folds) ranks(gram uint32) *roaring.Bitmap {
	if f.grams[gram] == nil {
		f.grams[gram], f.used = roaring.New(), append(f.used, gram)
	}
	return f.grams[gram]
}

// finish makes the bitmaps small, and counts what all of it takes.
func (f *folds) finish() {
	slices.Sort(f.used)
	f.bytes = gramCount*8 + int64(len(f.used))*4 + f.list.bytes()
	for _, gram := range f.used {
		f.bytes += sizeOf(compact(f.grams[gram]))
	}
}

// eachGram calls do for each trigram of a text.
func eachGram(text string, do func(gram uint32)) {
	gram := uint32(0)
	for i := range len(text) {
		gram = (gram<<letterBits | letter(text[i])) % gramCount
		if i >= 2 {
			do(gram)
		}
	}
}

// rank is that of a fold, or of the first behind it where it is not there.
func (f *folds) rank(fold string) (rank int, there bool) {
	return sort.Find(f.list.count(), func(n int) int { return strings.Compare(fold, f.list.at(n)) })
}

// with are the ranks, in order, of the folds that have all words in them.
func (f *folds) with(words []string) []uint32 {
	var candidates *roaring.Bitmap
	for _, word := range words {
		lacking := false
		eachGram(word, func(gram uint32) {
			ranks := f.grams[gram]
			switch {
			case ranks == nil:
				lacking = true
			case candidates == nil:
				candidates = ranks.Clone()
			default:
				candidates.And(ranks)
			}
		})
		if lacking {
			return nil
		}
	}
	var found []uint32
	look := func(rank uint32) bool {
		if hasAll(f.list.at(int(rank)), words) {
			found = append(found, rank)
		}
		return true
	}
	if candidates != nil {
		candidates.Iterate(look)
		return found
	}
	for rank := range f.list.count() {
		look(narrow(rank))
	}
	return found
}

func hasAll(fold string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(fold, word) {
			return false
		}
	}
	return true
}

// merged are two lists in order as one, and where the elements of the first are in it. Neither has one twice, nor one of the other.
func merged(a lines, b []string) (all lines, places []uint32) {
	var both linesBuilder
	places = make([]uint32, 0, a.count())
	for n := range a.count() {
		next := a.at(n)
		for ; len(b) > 0 && b[0] < next; b = b[1:] {
			both.add(b[0])
		}
		places = append(places, narrow(len(both.ends)))
		both.add(next)
	}
	for _, text := range b {
		both.add(text)
	}
	return both.lines(), places
}

// rowsOfTitles are the rows of the titles whose ranks are told.
func (b *base) rowsOfTitles(ranks []uint32) *roaring.Bitmap {
	total := 0
	for _, rank := range ranks {
		total += int(b.titleAt[rank+1] - b.titleAt[rank])
	}
	rows := make([]uint32, 0, min(total, b.size)) // more only where something is wrong
	for _, rank := range ranks {
		rows = append(rows, b.order[byTitle][b.titleAt[rank]:b.titleAt[rank+1]]...)
	}
	if total < b.size/256 {
		slices.Sort(rows)
		return rowsOrdered(rows)
	}
	return rowsOf(rows, b.size)
}
