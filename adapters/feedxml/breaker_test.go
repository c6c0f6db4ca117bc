package feedxml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// patient is a feed with a breaker, read from a provider that can be told how to answer.
type patient struct {
	*Feed
	t        *testing.T
	provider roundTrip
	asked    atomic.Int64
	told     []string // of the breaker
}

func newPatient(t *testing.T, o Options) *patient {
	p := &patient{t: t, provider: refusing(502, "")}
	o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		p.asked.Add(1)
		return p.provider(r)
	})
	o.OnBreaker = func(_ context.Context, provider string, open bool, err error) {
		p.told = append(p.told, fmt.Sprintf("%s %t %t", provider, open, err != nil))
	}
	p.Feed = New(o)
	return p
}

func (p *patient) read(each func(catalogue.Record) error) error {
	_, err := p.Fetch(p.t.Context(), from("a"), catalogue.Validators{}, each)
	return err
}

// fail reads so many times what cannot be read.
func (p *patient) fail(times int) {
	p.t.Helper()
	for range times {
		requireCode(p.t, CodeRefused, p.read(ignore))
	}
}

func (p *patient) requireLeftAlone(rest time.Duration) {
	p.t.Helper()
	asked := p.asked.Load()
	began := time.Now()
	err := p.read(func(catalogue.Record) error {
		p.t.Error("a record came from a provider that is left alone")
		return nil
	})
	requireCode(p.t, CodeLeftAlone, err)
	e, _ := errors.AsType[*fault.Error](err)
	assert.Equal(p.t, rest, e.RetryAfter)
	assert.Equal(p.t, asked, p.asked.Load(), "requests")
	assert.Zero(p.t, time.Since(began))
}

var (
	single = Options{Retries: once}
	sound  = serving(generatedFeed(3, 1))
)

func TestBreakerOpensStaysTriesAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t, Options{Breaker: Breaker{Failures: 3, Pause: time.Minute}})
		began := time.Now()
		p.fail(2)
		assert.Empty(t, p.told)
		p.fail(1)
		assert.EqualValues(t, 12, p.asked.Load(), "each reading with all of its attempts")
		opened := time.Now()
		assert.Equal(t, []string{"a true true"}, p.told)

		p.requireLeftAlone(time.Minute)
		time.Sleep(59 * time.Second)
		p.requireLeftAlone(time.Second)
		err := p.read(ignore)
		assert.ErrorContains(t, err, "left alone until "+opened.Add(time.Minute).UTC().Format(time.DateTime)+" UTC")
		assert.ErrorContains(t, err, "failed since "+began.UTC().Format(time.DateTime[:17])) // the seconds depend on the waits
		assert.ErrorContains(t, err, "3 readings in a row")
		assert.ErrorContains(t, err, `502 Bad Gateway: "later"`)

		time.Sleep(time.Second)
		p.asked.Store(0)
		p.fail(1)
		assert.EqualValues(t, 1, p.asked.Load(), "a trial has no retries")
		p.requireLeftAlone(time.Minute)
		assert.ErrorContains(t, p.read(ignore), "4 readings in a row")
		assert.Len(t, p.told, 1, "still open, which is no news")

		time.Sleep(time.Minute)
		p.provider = sound
		require.NoError(t, p.read(ignore))
		assert.Equal(t, []string{"a true true", "a false false"}, p.told)
		require.NoError(t, p.read(ignore))

		p.provider = refusing(502, "")
		p.fail(3)
		p.requireLeftAlone(time.Minute)
		assert.ErrorContains(t, p.read(ignore), "3 readings in a row", "counted anew")
	})
}

func TestBreakerDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t, single)
		p.fail(5)
		p.requireLeftAlone(30 * time.Second)
	})
}

func TestTheReadingThatOpensTheBreakerSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t, single)
		p.fail(4)
		e, ok := errors.AsType[*fault.Error](p.read(ignore))
		require.True(t, ok)
		assert.Equal(t, CodeRefused, e.Code)
		assert.Equal(t, 30*time.Second, e.RetryAfter)
		time.Sleep(30 * time.Second)
		p.provider = refusing(503, "300")
		e, ok = errors.AsType[*fault.Error](p.read(ignore))
		require.True(t, ok)
		assert.Equal(t, 5*time.Minute, e.RetryAfter, "the provider asked for more")
	})
}

func TestWhatCountsAsFailure(t *testing.T) {
	half := generatedFeed(50, 3)
	half = half[:len(half)/2]
	full := fault.New(fault.Unavailable, "the broker is away")
	answered := func(provider roundTrip) func(*patient) error {
		return func(p *patient) error {
			p.provider = provider
			return p.read(ignore)
		}
	}
	tests := map[string]struct {
		read   func(*patient) error
		counts bool
	}{
		"a refusal":              {answered(refusing(502, "")), true},
		"not found":              {answered(refusing(404, "")), true},
		"a feed that is cut":     {answered(serving(half)), true},
		"a feed that is garbled": {answered(serving([]byte("<html>"))), true},
		"a deadline of the caller": {func(p *patient) error {
			p.provider = hanging
			ctx, cancel := context.WithTimeout(p.t.Context(), time.Second)
			defer cancel()
			_, err := p.Fetch(ctx, from("a"), catalogue.Validators{}, ignore)
			return err
		}, true},
		"the callee's own error": {func(p *patient) error {
			p.provider = sound
			return p.read(func(catalogue.Record) error { return full })
		}, false},
		"a reading given up": {func(p *patient) error {
			ctx, cancel := context.WithCancel(p.t.Context())
			cancel()
			p.provider = hanging
			_, err := p.Fetch(ctx, from("a"), catalogue.Validators{}, ignore)
			return err
		}, false},
		"a URL that is none": {func(p *patient) error {
			_, err := p.Fetch(p.t.Context(), catalogue.Source{ID: "a"}, catalogue.Validators{}, ignore)
			return err
		}, false},
		"another provider": {func(p *patient) error {
			_, err := p.Fetch(p.t.Context(), from("b"), catalogue.Validators{}, ignore)
			return err
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPatient(t, single)
				p.fail(4)
				require.Error(t, tt.read(p))
				assert.Equal(t, tt.counts, len(p.told) == 1, "it opened")
				if tt.counts {
					return
				}
				p.provider = refusing(502, "")
				p.fail(1)
				p.requireLeftAlone(30 * time.Second) // it did not count as a success either
			})
		})
	}
	t.Run("a success in between", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPatient(t, single)
			p.fail(4)
			p.provider = sound
			require.NoError(t, p.read(ignore))
			p.provider = refusing(502, "")
			p.fail(4)
			assert.Empty(t, p.told)
		})
	})
	t.Run("without a breaker", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPatient(t, Options{Retries: once, Breaker: Breaker{Failures: -1}})
			p.fail(50)
			assert.Empty(t, p.told)
		})
	})
}

func TestATrialThatSaysNothingIsFollowedByAnother(t *testing.T) {
	stop := errors.New("no more room")
	tests := map[string]struct {
		trial func(*testing.T, *patient)
		open  bool
	}{
		"given up": {func(t *testing.T, p *patient) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			cancel()
			p.provider = hanging
			_, err := p.Fetch(ctx, from("a"), catalogue.Validators{}, ignore)
			assert.Equal(t, fault.Canceled, fault.KindOf(err))
		}, true},
		"a panic": {func(t *testing.T, p *patient) {
			p.provider = sound
			assert.Panics(t, func() { _ = p.read(func(catalogue.Record) error { panic("bug") }) })
		}, true},
		"stopped by its callee, who had a record": {func(t *testing.T, p *patient) {
			p.provider = sound
			assert.Same(t, stop, p.read(func(catalogue.Record) error { return stop }))
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPatient(t, single)
				p.fail(5)
				time.Sleep(30 * time.Second)
				tt.trial(t, p)
				p.provider = sound
				if tt.open {
					p.requireLeftAlone(30 * time.Second)
					time.Sleep(30 * time.Second)
				}
				require.NoError(t, p.read(ignore))
				assert.Len(t, p.told, 2)
			})
		})
	}
}

func TestOneTrialAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t, single)
		p.fail(5)
		time.Sleep(30 * time.Second)
		var answered sync.WaitGroup
		answered.Add(1)
		p.provider = func(r *http.Request) (*http.Response, error) {
			answered.Wait()
			return sound(r)
		}
		var trial sync.WaitGroup
		trial.Go(func() { assert.NoError(t, p.read(ignore)) })
		synctest.Wait()
		p.requireLeftAlone(30 * time.Second)
		assert.ErrorContains(t, p.read(ignore), "until the reading that tries it has ended")
		answered.Done()
		trial.Wait()
		p.provider = serving(bytes.Clone(generatedFeed(1, 1)))
		require.NoError(t, p.read(ignore))
	})
}

func TestProvidersAreForgottenBeyondABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t, single)
		p.fail(5)
		for i := range maxProviders {
			time.Sleep(time.Millisecond)
			if i == maxProviders-1 {
				p.requireLeftAlone(30*time.Second - maxProviders*time.Millisecond) // and so is not the oldest
			}
			_, err := p.Fetch(t.Context(), from(strconv.Itoa(i)), catalogue.Validators{}, ignore)
			requireCode(t, CodeRefused, err)
		}
		assert.Len(t, p.providers.all, maxProviders)
		assert.NotContains(t, p.providers.all, "0")
		assert.Contains(t, p.providers.all, "a")
	})
}
