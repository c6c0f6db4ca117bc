package feedsim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// MaxTimes is the most fetches that a misbehaviour can be asked for.
const MaxTimes = 1_000_000

// MoodyOptions describe a Moody. A field that is zero has its default.
type MoodyOptions struct {
	// Drip is between two bytes of SlowDrip. Default one second.
	Drip time.Duration
	// Unpacked is about the size of a GzipBomb once it is unpacked, in bytes. Default 5 GiB.
	Unpacked int64
}

// Moody serves a feed, and misbehaves on request, while it runs. It is to be served at the root of a server. Its paths:
//
//	/misbehaviours            GET lists them and says what is in force; DELETE ends it
//	/misbehaviours/{name}     PUT has the provider misbehave; ?times=3 for the next three fetches only
//	any other                 the feed; with ?misbehave=name, this answer alone misbehaves
//
// A fetch is a GET of the feed. Other methods meet a provider that behaves, and so does who follows a redirect; neither is
// counted. A misbehaviour that retells the feed asks for it plain and without conditions, and its answer has no
// validators, since the bytes are not those that they stand for; one that makes everything up does not move
// the provider on.
//
// Nothing is started: an answer that takes for ever takes the goroutine of its request until the client leaves, the server
// is closed, Behave is called, or an hour has passed. A server that is to be shut down in order calls
// Behave first (see http.Server.RegisterOnShutdown).
//
// It is safe for concurrent use: of fetches at the same time, as many misbehave as were asked for.
type Moody struct {
	feed     http.Handler
	drip     time.Duration
	unpacked int64
	routes   *http.ServeMux

	mu      sync.Mutex
	mood    Misbehaviour    // empty while it behaves
	left    int             // fetches; 0 when nobody counts
	waiting context.Context // of who is kept waiting; Behave ends it
	release context.CancelFunc
}

// NewMoody returns a provider that behaves until told otherwise. The feed is one that Handler serves, or another
// handler of one.
func NewMoody(feed http.Handler, o MoodyOptions) *Moody {
	m := &Moody{
		feed:     feed,
		drip:     cmp.Or(o.Drip, time.Second),
		unpacked: cmp.Or(o.Unpacked, 5<<30),
	}
	m.waiting, m.release = context.WithCancel(context.Background())
	m.routes = m.mux()
	return m
}

// Misbehave has the next so many fetches misbehave in that way, and none in the way that was in force before; with
// 0 times all, until Behave. An error says what would be right, and changes nothing.
func (m *Moody) Misbehave(how Misbehaviour, times int) error {
	if _, known := how.conduct(); !known {
		return unknown(how)
	}
	if times < 0 || times > MaxTimes {
		return fmt.Errorf("times: %d is not from 1 to %d, nor 0 for until told otherwise", times, MaxTimes)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mood, m.left = how, times
	return nil
}

// Behave ends whatever is in force. Who is still kept waiting by a misbehaviour has the connection cut.
func (m *Moody) Behave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mood, m.left = "", 0
	m.release()
	m.waiting, m.release = context.WithCancel(context.Background())
}

// Mood tells how the next fetch misbehaves, and for how many fetches this will be so; 0 times is until told
// otherwise. It is empty when the provider behaves.
func (m *Moody) Mood() (how Misbehaviour, times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mood, m.left
}

// ServeHTTP serves the feed and the control.
func (m *Moody) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.routes.ServeHTTP(w, r) }

// longestAnswer ends a misbehaviour that nobody else ends.
const longestAnswer = time.Hour

// requested is the parameter of a single request.
const requested = "misbehave"

func (m *Moody) serveFeed(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		m.feed.ServeHTTP(w, r)
		return
	}
	query := r.URL.Query()
	how, waiting := m.take(query.Has(requested))
	if query.Has(requested) {
		how = Misbehaviour(query.Get(requested))
	} else if how == "" {
		m.feed.ServeHTTP(w, r)
		return
	}
	c, known := how.conduct()
	if !known {
		http.Error(w, requested+": "+unknown(how).Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), longestAnswer)
	defer cancel()
	defer context.AfterFunc(waiting, cancel)()
	c.answer(m, w, r.WithContext(ctx))
}

// take is the mood that a fetch finds, of which there is one less then, and until when it may be kept waiting: both
// at once, so that no Behave falls between them. A fetch that brings a mood of its own leaves this one alone.
func (m *Moody) take(ownMood bool) (how Misbehaviour, waiting context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ownMood {
		return "", m.waiting
	}
	how = m.mood
	if m.left > 0 {
		if m.left--; m.left == 0 {
			m.mood = ""
		}
	}
	return how, m.waiting
}

// hangUp keeps a request waiting, and then cuts the connection.
func hangUp(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// wait returns after so long. It does not return, and the connection is cut, when there is no more reason to wait.
func wait(r *http.Request, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

func unknown(how Misbehaviour) error {
	names := make([]string, len(conducts))
	for i, c := range conducts {
		names[i] = string(c.Misbehaviour)
	}
	return fmt.Errorf("there is no misbehaviour %.64q; known are %s", how, strings.Join(names, ", "))
}
