package feedsim

import (
	"regexp"
	"testing"
)

func TestWordsFitTogether(t *testing.T) {
	tongues := map[string]*tongue{"Spanish": &spanish, "Catalan": &catalan, "German": &german, "French": &french, "Portuguese": &portuguese, "Italian": &italian, "English": &english}
	var shares int64
	for _, k := range kinds {
		shares += k.share
		if k.lead[1]*day > longestLead {
			t.Errorf("%s is announced earlier than the programme allows", k.category)
		}
	}
	if shares != 1000 {
		t.Errorf("the kinds share out %d of a thousand", shares)
	}
	inBraces := regexp.MustCompile(`\{[^}]*\}`)
	for name, tongue := range tongues {
		for h := range houses {
			if len(tongue.zones[h]) != len(plots[h]) {
				t.Errorf("%s has %d names for the %d zones of house %d", name, len(tongue.zones[h]), len(plots[h]), h)
			}
		}
		b := base{place: &place{tongue: tongue}, sessions: make([]session, 1)}
		for h := range houses {
			b.place.venues[h] = []string{"venue"}
		}
		for _, k := range append(kinds, lastMinute) {
			b.kind = &k
			if len(k.titles(tongue)) == 0 {
				t.Errorf("%s has no titles for %s", name, k.category)
			}
			for _, template := range k.titles(tongue) {
				for _, word := range inBraces.FindAllString(template, -1) {
					if plain := word[1 : len(word)-1]; plain != "city" && plain != "venue" && string(b.appendWord(nil, plain)) == plain {
						t.Errorf("%s: nothing stands for %s in %q", name, word, template)
					}
				}
			}
		}
	}
	for _, p := range places {
		for h := range houses {
			if n := len(p.venues[h]); n < 1 || n > 4 {
				t.Errorf("%s has %d venues for house %d", p.city, n, h)
			}
		}
	}
}

func TestAnotherIsNeverTheSame(t *testing.T) {
	for n := range int64(1000) {
		if c := chance(7).nth(n); another(c, englishClubs) == pick(c, englishClubs) {
			t.Fatalf("%s plays itself", pick(c, englishClubs))
		}
	}
}

func TestSchedulesKeepTheirBounds(t *testing.T) {
	for n := range int64(5000) {
		c := chance(1).nth(n)
		for _, k := range append(kinds, lastMinute) {
			midnight := n * day
			sessions := k.schedule(c, midnight, nil)
			if len(sessions) < 1 || len(sessions) > maxSessions {
				t.Fatalf("%s has %d sessions", k.category, len(sessions))
			}
			for _, s := range sessions {
				if s.start < midnight || s.start >= midnight+maxSpan || s.end < s.start || s.end > sessions[0].start+maxSpan || s.start-sessions[0].start < 0 {
					t.Fatalf("%s from day %d: %+v", k.category, n, s)
				}
			}
		}
	}
}
