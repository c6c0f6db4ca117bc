package memindex

import (
	"math/bits"
)

// wavelet is a sequence of numbers below its length, such as a permutation, of which any stretch can be asked two things in logarithmic time: how
// many of its numbers are below a bound, and which is the nth smallest. It is the wavelet matrix of Claude, Navarro and Ordóñez
// ("The wavelet matrix", Information Systems 47, 2015): the bits of all numbers, from the highest to the lowest, and after
// each the sequence in the stable order of that bit.
//
// In it, "starts and ends inside the range" is one question: of the rows in the order of their ends, those up to the last that ends in
// time, how many are not before the first that starts in time?
type wavelet struct {
	length int
	levels []level // the highest bit first
}

// level is one bit of each number.
type level struct {
	bits  ranked
	zeros int // numbers that have a 0 here
}

// newWavelet makes one of a sequence, whose numbers are below its length.
func newWavelet(sequence []uint32) *wavelet {
	w := &wavelet{length: len(sequence)}
	if len(sequence) == 0 {
		return w
	}
	// A number goes to the end of both, and stays at the one of which the end moves on: a branch here would be taken every other time.
	current, zeros, ones := append([]uint32(nil), sequence...), make([]uint32, len(sequence)+1), make([]uint32, len(sequence)+1)
	for shift := bits.Len(uint(len(sequence)-1)) - 1; shift >= 0; shift-- {
		l := level{bits: newRanked(len(current))}
		zerosEnd, onesEnd := 0, 0
		for begin := 0; begin < len(current); begin += 64 {
			word := uint64(0)
			for i, v := range current[begin:min(begin+64, len(current))] {
				bit := v >> shift & 1
				word |= uint64(bit) << i
				zeros[zerosEnd], ones[onesEnd] = v, v
				zerosEnd, onesEnd = zerosEnd+1-int(bit), onesEnd+int(bit)
			}
			l.bits.setWord(begin/64, word)
		}
		l.zeros = zerosEnd
		l.bits.seal()
		w.levels = append(w.levels, l)
		copy(current, zeros[:zerosEnd])
		copy(current[zerosEnd:], ones[:onesEnd])
	}
	return w
}

// below is how many of the numbers from lo to before hi are below the bound.
func (w *wavelet) below(lo, hi, bound int) int {
	switch {
	case lo >= hi || bound <= 0:
		return 0
	case bound >= w.length:
		return hi - lo
	}
	count := 0
	shift := len(w.levels)
	for i := range w.levels {
		shift--
		l := &w.levels[i]
		onesLo, onesHi := l.bits.ones(lo), l.bits.ones(hi)
		if bound>>shift&1 == 1 {
			count += (hi - onesHi) - (lo - onesLo) // those with a 0 here are below, whatever follows
			lo, hi = l.zeros+onesLo, l.zeros+onesHi
		} else {
			lo, hi = lo-onesLo, hi-onesHi
		}
		if lo == hi {
			break
		}
	}
	return count
}

// nth is the number of which n others from lo to before hi are smaller; n is below hi-lo.
func (w *wavelet) nth(lo, hi, n int) uint32 {
	var found uint32
	for i := range w.levels {
		l := &w.levels[i]
		onesLo, onesHi := l.bits.ones(lo), l.bits.ones(hi)
		found <<= 1
		if zeros := (hi - onesHi) - (lo - onesLo); n < zeros {
			lo, hi = lo-onesLo, hi-onesHi
		} else {
			n -= zeros
			found |= 1
			lo, hi = l.zeros+onesLo, l.zeros+onesHi
		}
	}
	return found
}

func (w *wavelet) bytes() int64 {
	size := int64(0)
	for i := range w.levels {
		size += int64(len(w.levels[i].bits)) * lineBytes
	}
	return size
}

// ranked are bits of which can be told at once how many of the first so many are set. They lie in lines of a processor's cache,
// each with the count of what is before it: an answer is one look into memory.
type ranked []line

type line [8]uint64 // the count of the lines before, and the bits

const (
	lineWords = 7
	lineBits  = lineWords * 64
	lineBytes = 64
)

func newRanked(n int) ranked { return make(ranked, n/lineBits+1) }

// setWord sets the nth 64 bits.
func (r ranked) setWord(n int, word uint64) { r[n/lineWords][1+n%lineWords] = word }

// seal makes the counts, once all bits are set.
func (r ranked) seal() {
	count := 0
	for i := range r {
		r[i][0] = uint64(count)
		for _, word := range r[i][1:] {
			count += bits.OnesCount64(word)
		}
	}
}

// ones is how many of the first n bits are set.
func (r ranked) ones(n int) int {
	l, within := &r[n/lineBits], n%lineBits
	count := int(l[0]) //nolint:gosec // a number of rows
	last := within / 64
	for _, word := range l[1 : 1+last] {
		count += bits.OnesCount64(word)
	}
	return count + bits.OnesCount64(l[(1+last)&7]&(1<<(within%64)-1))
}
