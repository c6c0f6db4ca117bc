package memindex

import "strings"

// lines are texts in one piece: on its own, each of a million would be one more thing that the garbage collector has to look at, again and
// again.
type lines struct {
	text string
	ends []int
}

func linesOf(list []string) lines {
	var b linesBuilder
	for _, text := range list {
		b.add(text)
	}
	return b.lines()
}

func (l *lines) count() int { return len(l.ends) }

// at is the nth, which is a part of the piece.
func (l *lines) at(n int) string {
	begin := 0
	if n > 0 {
		begin = l.ends[n-1]
	}
	return l.text[begin:l.ends[n]]
}

func (l *lines) bytes() int64 { return int64(len(l.text)) + int64(len(l.ends))*8 }

type linesBuilder struct {
	text strings.Builder
	ends []int
}

func (b *linesBuilder) add(text string) {
	b.text.WriteString(text)
	b.ends = append(b.ends, b.text.Len())
}

func (b *linesBuilder) lines() lines {
	return lines{strings.Clone(b.text.String()), append([]int(nil), b.ends...)}
}
