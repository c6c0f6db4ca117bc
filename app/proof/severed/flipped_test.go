package severed

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// promised is what is promised: so long after something is wrong, it is found and put right.
const promised = time.Minute

// Index and database come apart: a price is changed in the database, and no log says so. To the process that is the same as if the
// value in its memory had been flipped: what it holds is not what the database has. adapters/memindex flips the other one.
func TestOneValueIsWrong(t *testing.T) {
	t.Parallel()
	w := newTown(t, *audited)
	none := w.wrongEvents()
	require.Zero(t, none)

	victim := w.detail("b-" + strconv.Itoa(*audited/3))
	before := w.priceShown(victim)
	require.EqualValues(t, 1, w.execute("UPDATE events SET min_price = min_price + 1 WHERE id = '"+victim.ID+"'"))
	flipped := time.Now()
	for w.priceShown(victim) == before {
		require.Less(t, time.Since(flipped), promised, "it is not found")
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("among %d events one wrong value was found and put right after %s", *audited, time.Since(flipped).Round(10*time.Millisecond))
	assert.Equal(t, before+"01", w.priceShown(victim))
	prooftest.Until(t, "it is counted", func() bool { return w.wrongEvents() == 1 })
	assert.Equal(t, 1, w.indexOf(w.answers).Wrong)
	assert.Regexp(t, `"level":"ERROR".*"the index was wrong","compared_with":"store","wrong_days":1,"wrong_events":1,"wrong_lookups":0`, w.answers.Log())

	// By hand, it is found at once. So many are wrong that the audit does not find all of them first.
	many := w.execute("UPDATE events SET max_price = max_price + 1 WHERE left(id::text, 1) = '0'")
	require.Greater(t, many, int64(*audited/20))
	said, code := w.verify(w.answers)
	assert.Equal(t, 1, code, said)
	assert.Regexp(t, `^\d+ events on \d+ days were wrong and have been put right\n\d+ events on \d+ days were compared with the database, in `, said)
	t.Logf("marquee verify: %s", said)
	assert.EqualValues(t, many+1, w.wrongEvents())
	said, code = w.verify(w.answers)
	assert.Zero(t, code, said)
	assert.Regexp(t, fmt.Sprintf(`^%d events on \d+ days are what the database has`, *audited+2), said)
	t.Logf("marquee verify: %s", said)
}

// sold is an event with its lowest price.
type sold struct {
	ID       string      `json:"id"`
	StartsAt time.Time   `json:"starts_at"`
	EndsAt   time.Time   `json:"ends_at"`
	MinPrice json.Number `json:"min_price"`
}

func (w *town) detail(base string) (e sold) {
	w.t.Helper()
	a := w.get(w.answers.api + "/events/" + idOf(base).String())
	require.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
	require.NoError(w.t, json.Unmarshal(a.body, &e))
	return e
}

// priceShown is that of an event as searches show it. Each question is a new one, so that no answer is one that was kept.
func (w *town) priceShown(of sold) string {
	w.t.Helper()
	w.asked++
	v := url.Values{
		"starts_at": {of.StartsAt.Format(time.RFC3339)}, "ends_at": {of.EndsAt.Add(time.Duration(w.asked) * time.Second).Format(time.RFC3339)},
		"pageSize": {"200"},
	}
	a := w.get(w.answers.api + "/events?" + v.Encode())
	require.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
	var found struct{ Events []sold }
	require.NoError(w.t, json.Unmarshal(a.body, &found))
	for _, e := range found.Events {
		if e.ID == of.ID {
			return e.MinPrice.String()
		}
	}
	require.Fail(w.t, "the event is not found")
	return ""
}

var wrongEvents = regexp.MustCompile(`(?m)^marquee_index_wrong_events_total\{[^}]*how="store"[^}]*\} (\d+)$`)

// wrongEvents is how many are counted.
func (w *town) wrongEvents() int {
	w.t.Helper()
	found := wrongEvents.FindSubmatch(w.get(w.answers.URL() + "/metrics").body)
	require.NotNil(w.t, found, "there is no such metric")
	n, err := strconv.Atoi(string(found[1]))
	require.NoError(w.t, err)
	return n
}
