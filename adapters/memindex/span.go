package memindex

// span are the rows of a base whose times match a range, as positions in the order of starts or of ends.
//
// Lying inside of a range from a to b is to end by b and to start from a on: of the rows in the order of their ends, those up to some position; of
// these, by the wavelet matrix, those whose row, which is their place in the order of starts, is not below another. In
// common with a range has what starts by b and does not end before a. As no event ends before it starts, the total of that is one
// number less another.
type span struct {
	*base
	order        int
	wavelet      *wavelet
	lo, hi       int // part of the wavelet's sequence that matches in one way
	first, limit int // positions in the order that match in the other way are these
	skipped      int // numbers of the part that are below first
	total        int // positions that match
	from, to     int64
	overlaps     bool
}

// span is that of the question, in its order, or in that of starts where there is no wavelet for its own.
func (s *question) span() span {
	b := s.base
	p := span{base: b, order: s.order, from: s.from, to: s.to, overlaps: s.overlaps}
	switch byEnds := s.order == byEnd; {
	case byEnds && s.overlaps:
		p.wavelet, p.first, p.limit = b.endsByStart, b.ends.before(s.from), b.size
		p.lo, p.hi = 0, b.starts.upTo(s.to)
		p.skipped = p.wavelet.below(p.lo, p.hi, p.first)
		p.total = max(p.hi-p.first, 0)
	case byEnds:
		p.wavelet, p.first, p.limit = b.endsByStart, b.ends.before(s.from), b.ends.upTo(s.to)
		p.lo, p.hi = b.starts.before(s.from), b.size
		p.total = p.wavelet.below(p.lo, p.hi, p.limit)
	case s.overlaps:
		p.order, p.wavelet, p.first, p.limit = byStart, b.startsByEnd, 0, b.starts.upTo(s.to)
		p.lo, p.hi = b.ends.before(s.from), b.size
		p.total = max(p.limit-p.lo, 0)
	default:
		p.order, p.wavelet, p.first, p.limit = byStart, b.startsByEnd, b.starts.before(s.from), b.starts.upTo(s.to)
		p.lo, p.hi = 0, b.ends.upTo(s.to)
		if around, known := b.longest.around(s.from, s.to); known {
			p.skipped = p.first - around
		} else {
			p.skipped = p.wavelet.below(p.lo, p.hi, p.first)
		}
		p.total = p.hi - p.skipped
	}
	p.limit = max(p.limit, p.first)
	return p
}

// nth is the position of which so many others that match stand before.
func (p *span) nth(n int) int { return int(p.wavelet.nth(p.lo, p.hi, p.skipped+n)) }

// before is how many positions that match stand before one.
func (p *span) before(position int) int {
	position = min(max(position, p.first), p.limit)
	return p.wavelet.below(p.lo, p.hi, position) - p.skipped
}

// patience is how many positions are looked at one after the other until the wavelet is asked for the next that matches.
const patience = 64

// next is the first position that matches, from one on in a direction, and -1 where there is none.
func (p *span) next(position, step int) int {
	if step > 0 {
		position = max(position, p.first)
	} else {
		position = min(position, p.limit-1)
	}
	for tried := 0; position >= p.first && position < p.limit; position += step {
		row := p.row(p.order, narrow(position))
		start, end := p.start[row], p.end[row]
		if p.overlaps && end >= p.from && start <= p.to || !p.overlaps && start >= p.from && end <= p.to {
			return position
		}
		if tried++; tried < patience {
			continue
		}
		n := p.before(position)
		if step < 0 {
			n--
		}
		if n < 0 || n >= p.total {
			return -1
		}
		return p.nth(n)
	}
	return -1
}
