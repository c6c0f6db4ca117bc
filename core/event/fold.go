package event

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which titles are compared and searched: compatibility forms unified, accents and
// case gone, white space to single blanks. "Camela  en CONCIERTO (Málaga)" folds to "camela en
// concierto (malaga)". Folding twice changes nothing more.
func Fold(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if ascii(s) {
		return strings.ToLower(s)
	}
	folder, _ := folders.Get().(transform.Transformer)
	defer folders.Put(folder)
	folded, _, err := transform.String(folder, s)
	if err != nil {
		return strings.ToLower(s)
	}
	return strings.Join(strings.Fields(folded), " ")
}

// folders are kept because making one costs ten times as much as using it, and one at a time may use it. Case folding
// swaps the two cases of Cherokee, which is why they are made one after it.
var folders = sync.Pool{New: func() any {
	return transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), runes.Map(unicode.ToLower), norm.NFC)
}}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
