package feedsim

import (
	"strconv"
	"strings"
)

// appendTitle appends the base event's title.
func (b *base) appendTitle(out []byte) []byte {
	template := pick(b.about(ofTitle), b.kind.titles(b.place.tongue))
	for {
		text, rest, found := strings.Cut(template, "{")
		out = append(out, text...)
		if !found {
			return out
		}
		word, after, _ := strings.Cut(rest, "}")
		out = b.appendWord(out, word)
		template = after
	}
}

// appendWord appends what stands for a word in braces. A word that it does not know is appended as it is.
func (b *base) appendWord(out []byte, word string) []byte {
	t, c := b.place.tongue, b.about(ofName)
	switch word {
	case "artist":
		return appendArtist(out, c.nth(1))
	case "artist2":
		return appendArtist(out, c.nth(2))
	case "person":
		return appendPerson(out, c.nth(3))
	case "person2":
		return appendPerson(out, c.nth(4))
	case "play":
		return append(out, pick(c.nth(5), t.plays)...)
	case "company":
		return append(out, pick(c.nth(6), companies)...)
	case "tour":
		return append(out, pick(c.nth(7), t.tours)...)
	case "theme":
		return append(out, pick(c.nth(8), t.themes)...)
	case "subject":
		return append(out, pick(c.nth(9), t.subjects)...)
	case "craft":
		return append(out, pick(c.nth(10), t.crafts)...)
	case "painter":
		return append(out, pick(c.nth(11), painters)...)
	case "painter2":
		return append(out, another(c.nth(11), painters)...)
	case "character":
		return append(out, pick(c.nth(12), characters)...)
	case "orchestra":
		return append(out, pick(c.nth(13), orchestras)...)
	case "work":
		return append(out, pick(c.nth(14), works)...)
	case "home":
		return append(out, pick(c.nth(15), t.clubs)...)
	case "away":
		return append(out, another(c.nth(15), t.clubs)...)
	case "round":
		return strconv.AppendInt(out, c.nth(16).between(1, 38), 10)
	case "recital":
		return append(out, pick(c.nth(14), recitals)...)
	case "fable":
		return append(out, pick(c.nth(14), fables)...)
	case "festival":
		return append(out, pick(c.nth(17), t.festivals)...)
	case "city":
		return append(out, b.place.city...)
	case "venue":
		return append(out, b.venueName()...)
	case "year":
		return wall(b.sessions[0].start).AppendFormat(out, "2006")
	}
	return append(out, word...)
}

func appendArtist(out []byte, c chance) []byte {
	if c.permille(450) {
		return appendPerson(out, c.nth(1))
	}
	return append(append(out, pick(c.nth(2), bandHeads)...), pick(c.nth(3), bandTails)...)
}

func appendPerson(out []byte, c chance) []byte {
	names := pick(c.nth(1), people)
	out = append(out, pick(c.nth(2), names.first)...)
	return append(append(out, ' '), pick(c.nth(3), names.last)...)
}

// another is one of the list, but not the one that pick picks.
func another(c chance, from []string) string {
	n := int64(len(from))
	return from[(c.below(n)+c.nth(1).between(1, n-1))%n]
}
