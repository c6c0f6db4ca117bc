package cli_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// verified is what a verification finds.
type verified struct {
	search.Verification

	err error
}

func (v verified) Verify(context.Context) (search.Verification, error) { return v.Verification, v.err }

func found(events, days, wrong, wrongDays int, err error) verified {
	return verified{search.Verification{
		Reconciled: ports.Reconciled{Events: events, Days: days, Wrong: wrong, WrongDays: wrongDays}, Took: 1234567 * time.Microsecond,
	}, err}
}

// administered is the address of the admin listener of a process.
func administered(t *testing.T, verify http.Handler) string {
	t.Helper()
	server := httptest.NewServer(observability.NewAdmin(observability.AdminOptions{
		Registry: prometheus.NewRegistry(), Probes: observability.NewProbes(), Verify: verify,
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestVerify(t *testing.T) {
	refused := errors.New("connection refused")
	for name, tt := range map[string]struct {
		verification verified
		store        error
		want         result
	}{
		"all agrees": {
			found(1_000_000, 1096, 0, 0, nil), nil,
			result{0, "1000000 events on 1096 days are what the database has, compared in 1.23s\n", ""},
		},
		"something was wrong": {
			found(1_000_000, 1096, 3, 2, nil), nil,
			result{1, "3 events on 2 days were wrong and have been put right\n1000000 events on 1096 days were compared with the database, in 1.23s\n", ""},
		},
		"what events are found by was wrong": {
			verified{search.Verification{Reconciled: ports.Reconciled{Events: 20, Days: 1, Lookups: 1}, Took: time.Second}, nil}, nil,
			result{1, "what events are found by was wrong, and is made anew\n20 events on 1 days were compared with the database, in 1s\n", ""},
		},
		"it searches the store at the moment": {
			found(0, 0, 0, 0, fault.New(fault.Unavailable, "the catalogue is not searched in memory at the moment (loading)")), nil,
			result{1, "", "marquee: not verified: the catalogue is not searched in memory at the moment (loading)\n"},
		},
		"the store is away": {
			found(0, 0, 0, 0, fault.Wrap(fault.Unavailable, "take a snapshot", refused)), refused,
			result{1, "", "marquee: not verified: the store is away: connection refused\n"},
		},
		"the store goes away when something was found": {
			found(300, 2, 3, 2, fault.Wrap(fault.Unavailable, "take a snapshot", refused)), refused,
			result{1, "3 events on 2 days were wrong and have been put right\n", "marquee: not verified: the store is away: connection refused\n"},
		},
		"a bug": {
			found(0, 0, 0, 0, errors.New("impossible")), refused,
			result{1, "", "marquee: not verified: impossible\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			verify := wiring.VerifyHandler(tt.verification, func(context.Context) error { return tt.store })
			assert.Equal(t, tt.want, newShell(t, "MARQUEE_ADMIN_ADDR="+administered(t, verify)).run("verify"))
		})
	}
}

func TestVerifyOfARunningProcess(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	p := s.start("serve")
	p.line("searches are answered from memory")
	p.line("run ended", "state", "concluded")
	verify := s.with("MARQUEE_ADMIN_ADDR=" + p.address("admin"))
	p.until("both events are in the index", func() bool { return strings.HasPrefix(verify.run("verify").out, "2 events") })
	got := verify.run("verify")
	assert.Zero(t, got.code, got)
	assert.Regexp(t, `^2 events on 2 days are what the database has, compared in \S+\n$`, got.out)
	assert.Empty(t, got.err)
}

func TestVerifyWhereThereIsNoIndex(t *testing.T) {
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+administered(t, nil)).run("verify")
	assert.Equal(t, result{1, "", "marquee: not verified: the process searches the database (it has not the role api, or MARQUEE_SEARCH_INDEX is store)\n"}, got)
}

func TestVerifyOfNobody(t *testing.T) {
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+freeAddress(t)).run("verify")
	assert.Equal(t, 1, got.code, got)
	assert.Regexp(t, `^marquee: not verified: nothing runs behind MARQUEE_ADMIN_ADDR: .*connection refused\n$`, got.err)
}

func TestVerifyOfSomethingElse(t *testing.T) {
	other := httptest.NewServer(text("<html>Hello"))
	defer other.Close()
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+strings.TrimPrefix(other.URL, "http://")).run("verify")
	assert.Equal(t, result{1, "", "marquee: not verified: what answers is no Marquee that can: 200 \"<html>Hello\"\n"}, got)
}

func TestVerifyWaitsNoLongerThanItIsTold(t *testing.T) {
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hangs.Close()
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+strings.TrimPrefix(hangs.URL, "http://")).run("verify", "--timeout", "50ms")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "marquee: not verified: ")
	assert.Contains(t, got.err, "context deadline exceeded")
}
