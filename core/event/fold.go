package event

import (
	"strings"
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
	// A transformer has state, so each call makes its own. Case folding can bring back what was decomposed.
	// It also swaps the two cases of Cherokee, which is why they are made one after it.
	folder := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), runes.Map(unicode.ToLower), norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	folded, _, err := transform.String(folder, s)
	if err != nil {
		return strings.ToLower(s)
	}
	return strings.Join(strings.Fields(folded), " ")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
