//go:build linux

package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
)

// process is one that searches, beside the test, and ends before it.
type process struct {
	t *testing.T
	*prooftest.Process
	addresses
	client *http.Client
	began  time.Time

	listens  chan addresses
	accounts chan account
	commits  chan committed

	mu  sync.Mutex
	log []line
}

// line is one of the log, as far as it matters here.
type line struct {
	Message string  `json:"msg"`
	From    string  `json:"from"`
	Took    float64 `json:"took"`
	heard   time.Time
}

// start starts a process and returns once it listens.
func start(t *testing.T, p programme, environ ...string) *process {
	t.Helper()
	var log prooftest.Tail
	s := &process{
		t: t, began: time.Now(), listens: make(chan addresses, 1), accounts: make(chan account, 1), commits: make(chan committed, 1),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askers, MaxConnsPerHost: 2 * askers}, Timeout: prooftest.Patience},
	}
	s.Process = prooftest.Start(t, orders{Programme: p, Environ: append([]string{
		"MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_RATE_LIMIT_RPS=0",
		fmt.Sprintf("MARQUEE_SEARCH_INDEX_MEMORY=%dKiB", max(1<<20, p.Events)),
	}, environ...)}, &log, s.hear)
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the end of the log of a process that was told %v:\n%s", environ, &log)
		}
	})
	s.addresses = wait(s, s.listens)
	return s
}

func (p *process) hear(said []byte) {
	now := time.Now()
	var w word
	if json.Unmarshal(said, &w) != nil {
		return
	}
	switch {
	case w.Listens != nil:
		p.listens <- *w.Listens
	case w.Account != nil:
		p.accounts <- *w.Account
	case w.Committed != nil:
		p.commits <- *w.Committed
	default:
		l := line{heard: now}
		if json.Unmarshal(w.Log, &l) == nil {
			p.mu.Lock()
			p.log = append(p.log, l)
			p.mu.Unlock()
		}
	}
}

// stop stops it in order.
func (p *process) stop() {
	p.client.CloseIdleConnections()
	if err := p.Stop(); err != nil {
		p.t.Errorf("a process was to stop in order: %v", err)
	}
}

func wait[T any](p *process, words <-chan T) (w T) {
	p.t.Helper()
	select {
	case w = <-words:
	case <-p.Ended():
		require.FailNow(p.t, "a process ended instead of saying something")
	case <-time.After(prooftest.Patience):
		require.FailNow(p.t, "a process says nothing", "for %s", prooftest.Patience)
	}
	return w
}

// account is what it took so far.
func (p *process) account(collect bool) account {
	p.t.Helper()
	require.NoError(p.t, p.Tell(order{Account: true, Collect: collect}))
	a := wait(p, p.accounts)
	require.Positive(p.t, a.CPU)
	return a
}

// said waits for a line of the log.
func (p *process) said(message string) line {
	p.t.Helper()
	var found line
	for deadline := time.Now().Add(fillPatience); ; time.Sleep(2 * time.Millisecond) {
		p.mu.Lock()
		i := slices.IndexFunc(p.log, func(l line) bool { return l.Message == message })
		if i >= 0 {
			found = p.log[i]
		}
		p.mu.Unlock()
		if i >= 0 {
			return found
		}
		require.False(p.t, time.Now().After(deadline), "waited in vain for the process to say that %s", message)
	}
}

// index is how its index stands.
func (p *process) index() (observability.IndexStatus, error) {
	var status struct{ Index observability.IndexStatus }
	err := p.ask(http.MethodGet, p.Admin+"/status", &status)
	return status.Index, err
}

// verify has it compare all that it holds with the store.
func (p *process) verify() (found wiring.VerifyResult) {
	p.t.Helper()
	require.NoError(p.t, p.ask(http.MethodPost, p.Admin+"/verify", &found))
	return found
}

func (p *process) ask(method, address string, answer any) error {
	request, err := http.NewRequestWithContext(p.t.Context(), method, address, nil)
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is answered with %s", address, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// commit has the process itself make a commit of the programme, and returns when that was done.
func (p *process) commit(_ context.Context, commit int) (time.Time, error) {
	if err := p.Tell(order{Commit: &commit}); err != nil {
		return time.Time{}, err
	}
	select {
	case done := <-p.commits:
		if done.Problem != "" {
			return done.At, errors.New(done.Problem)
		}
		return done.At, nil
	case <-p.Ended():
		return time.Time{}, errors.New("the process ended instead of committing")
	}
}

// page is a part of what is found.
type page struct {
	Total  int `json:"totalRows"`
	Events []struct {
		Title string `json:"title"`
	} `json:"events"`
}

// search asks for the first so many in a range, and how many there are.
func (p *process) search(from, to time.Time, first int) (found page, err error) {
	q := url.Values{"pageSize": {strconv.Itoa(first)}, "starts_at": {from.UTC().Format(time.RFC3339)}, "ends_at": {to.UTC().Format(time.RFC3339)}}
	err = p.ask(http.MethodGet, p.API+"/events?"+q.Encode(), &found)
	return found, err
}
