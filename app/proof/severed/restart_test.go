package severed

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// A process starts while there is nothing but what the one before it left on the disk.
func TestAStartWithoutAnything(t *testing.T) {
	t.Parallel()
	w := newTown(t, *events)
	questions := w.learn(60)
	for _, how := range []severing{killed, hung} {
		w.answers.Stop()
		how.begin(w)
		began := time.Now()
		w.answers.Start()
		w.searchesInMemory(w.answers)
		t.Logf("%s: searches are answered from what was on the disk %s after the start", how.name, time.Since(began).Round(time.Millisecond))
		assert.Contains(t, w.answers.Log(), `"from":"file"`)
		w.allHold(questions)
		time.Sleep(time.Second) // what was kept of these is not current any more
		w.isAlone()
		w.allHold(questions) // though details have just failed, several in a row

		how.ended(w)
		w.isWhole()
		t.Logf("%s: what changed after the return was shown after %s", how.name, w.publishes().Round(time.Millisecond))
		assert.NotContains(t, w.answers.Log(), `"from":"store"`, "it follows from where the file was")
		w.allHold(questions)
		w.agrees()
	}

	// One that is killed leaves what the one before it left. Nothing is wrong with that but its age.
	w.answers.Stop()
	w.answers.Start()
	w.searchesInMemory(w.answers)
	left := w.issueShown()
	w.publishes()
	w.answers.Kill()
	killed.begin(w)
	w.answers.Start()
	w.searchesInMemory(w.answers)
	assert.Equal(t, left, w.issueShown())
	w.allHold(questions)
	killed.ended(w)
	w.knows(left + 1)
	w.agrees()
}

// allHold asks all questions, and what was begun long ago.
func (w *town) allHold(questions []*known) {
	w.t.Helper()
	for i, k := range questions {
		address := k.variant(i)
		for page := range k.pages {
			a, err := w.ask(w.plain, w.answers.api+address)
			require.Empty(w.t, k.holds(page, address, a, err))
			address = follows(a.header)
		}
	}
}

// What is on the disk is not believed where it is damaged, nor kept where it is of a history that is no more.
func TestAStartFromWhatIsOfNoUse(t *testing.T) {
	t.Parallel()
	w := newTown(t, *events)
	questions := w.learn(30)

	w.answers.Stop()
	flipOneBit(t, w.answers.data.Index())
	w.answers.Start()
	w.searchesInMemory(w.answers)
	assert.Contains(t, w.answers.Log(), "the snapshot cannot be used, and is made anew")
	assert.Contains(t, w.answers.Log(), `"from":"store"`)
	w.allHold(questions)
	w.agrees()

	// Damaged, and there is nothing else: nothing of it is shown.
	w.answers.Stop()
	flipOneBit(t, w.answers.data.Index())
	killed.begin(w)
	w.answers = w.processOn(w.answers.data, prooftest.ShippedAlive, "api")
	prooftest.Until(t, "what is on the disk is looked at", func() bool {
		return strings.Contains(w.answers.Log(), "the snapshot cannot be used, and is made anew")
	})
	a := w.get(w.answers.api + questions[0].variant(0))
	assert.Equal(t, http.StatusServiceUnavailable, a.status, "%s", a.body)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Equal(t, http.StatusServiceUnavailable, w.get(w.answers.URL()+"/readyz").status)
	killed.ended(w)
	w.searchesInMemory(w.answers)
	w.isWhole()
	w.allHold(questions)
	w.answers.Stop()
	w.answers = w.processOn(w.answers.data, prooftest.Shipped, "api")

	// An older backup is restored while the process is away, and the database with it.
	w.postgres.Backup()
	w.publishes()
	w.reads.Stop()
	w.answers.Stop()
	w.postgres.Kill()
	w.answers.Start()
	assert.Equal(t, 2, w.issueShown(), "that is the last that is known")
	w.postgres.Restore()
	w.knows(1)
	assert.Contains(t, w.answers.Log(), "the catalogue has another history than the index")
	assert.Equal(t, http.StatusNotFound, w.get(w.answers.api+"/events/"+idOf(only(2)).String()).status)
	w.allHold(questions)
	w.agrees()

	// The database is emptied.
	w.answers.Stop()
	w.execute("TRUNCATE events, zones, changes, providers, runs, run_chunks", "UPDATE change_head SET number = 0, tag = 0")
	w.postgres.Kill()
	w.answers.Start()
	assert.Equal(t, 1, w.issueShown())
	w.allHold(questions)
	w.postgres.Start()
	prooftest.Until(t, "nothing is found any more", func() bool { return w.total() == 0 })
	w.searchesInMemory(w.answers)
	w.agrees()
	w.reads.Start()
	w.knows(2)
	w.agrees()
}

// flipOneBit damages a file in its middle.
func flipOneBit(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	content[len(content)/2] ^= 1
	require.NoError(t, os.WriteFile(path, content, 0o600))
}
