package event_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

func TestFold(t *testing.T) {
	tests := map[string]struct{ title, want string }{
		"plain":                     {"Camela en concierto", "camela en concierto"},
		"accents, case and blanks":  {"Camela  en CONCIERTO (Málaga)", "camela en concierto (malaga)"},
		"accents of their own":      {"Ma\u0301laga", "malaga"},
		"blanks around":             {"\t Los Morancos\n", "los morancos"},
		"other white space":         {"Los\u00a0Morancos\u2003en\u3000vivo", "los morancos en vivo"},
		"ñ":                         {"Años del Niño", "anos del nino"},
		"ß":                         {"STRASSE Straße", "strasse strasse"},
		"capital ẞ":                 {"GROẞ", "gross"},
		"full width":                {"ＦＵＬＬ　ｗｉｄｔｈ１２", "full width12"},
		"ligatures":                 {"ﬁesta", "fiesta"},
		"Turkish dotted İ":          {"İstanbul", "istanbul"},
		"Turkish dotless ı is kept": {"Diyarbakır", "diyarbakır"},
		"final sigma":               {"Ὀδυσσεύς", "οδυσσευσ"},
		"Greek iota subscript":      {"ᾳ", "α"},
		"Cyrillic":                  {"Чайковский", "чаиковскии"},
		"Cherokee of both cases":    {"\u13a0 \uab70", "\uab70 \uab70"},
		"Korean is put together":    {"한국", "한국"},
		"superscripts and signs":    {"10º Aniversario ™", "10o aniversario tm"},
		"an emoji stays":            {"Fiesta 🎭", "fiesta 🎭"},
		"o with a stroke stays":     {"Ørsted", "ørsted"},
		"nothing":                   {"", ""},
		"blanks alone":              {" \t\u00a0", ""},
		"an accent alone":           {"\u0301", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, event.Fold(tt.title))
		})
	}
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := event.Fold(titles(t))
		require.Equal(t, once, event.Fold(once))
		require.Equal(t, strings.Join(strings.Fields(once), " "), once, "single blanks")
	})
}

func TestEveryRuneFoldsForGood(t *testing.T) {
	const block = 0x400
	for from := rune(0); from <= unicode.MaxRune; from += block {
		var b strings.Builder
		for r := from; r < from+block; r++ {
			// Han and Hangul are most of all and have no case.
			if unicode.IsGraphic(r) && !unicode.In(r, unicode.Han, unicode.Hangul) {
				b.WriteString("a" + string(r) + "b\n")
			}
		}
		once := strings.Split(event.Fold(b.String()), " ")
		twice := strings.Split(event.Fold(strings.Join(once, " ")), " ")
		require.Len(t, twice, len(once), "from %U", from)
		for i := range once {
			if once[i] != twice[i] {
				t.Errorf("%+q folds once more, to %+q", once[i], twice[i])
			}
		}
	}
}

func TestCaseDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aáàäñçéßøžabcdefgAÁÑ 0.-"))).Draw(t, "title")
		require.Equal(t, event.Fold(s), event.Fold(strings.ToUpper(s)))
	})
}

// titles are of letters and marks that have something to fold, and now and then of anything, valid or not.
func titles(t *rapid.T) string {
	switch rapid.IntRange(0, 3).Draw(t, "from") {
	case 0:
		return rapid.String().Draw(t, "title")
	case 1:
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	default:
		return rapid.StringOf(rapid.RuneFrom([]rune("aIİıßẞſŉǰΐᾳΣςὈ\u0345\u0301\u0307\u302e 한\u1161ﬁＡ\u00a8\u00a0\u3000"), unicode.Mn, unicode.Mc, unicode.Lu)).Draw(t, "title")
	}
}
