package feedsim

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Dialect is the vocabulary of a feed. Providers of this kind have two for the same things.
type Dialect uint8

// The two dialects.
const (
	EventList Dialect = iota // eventList, base_event, event
	PlanList                 // planList, base_plan, plan
)

// Bounds of the options.
const (
	DefaultEvents = 1000
	MaxEvents     = 5_000_000
	DefaultZones  = 6
	MaxZones      = 5_000
)

// Options describe a simulated provider. Those that shape the feed (all but Clock) are part of who the
// provider is: with another value it is another provider, with other events.
type Options struct {
	// Seed tells one provider from another.
	Seed uint64
	// Events is about how many events (not base events) the feed has at any time; DefaultEvents when 0. A catalogue of a
	// thousand stays within a fifth of it, a larger one closer; one of ten may as well have four or twenty.
	Events int
	// Zones is the most zones that an event has; DefaultZones when 0. Up to six they are what such houses have, about
	// three on average. With more, halls, arenas and stadiums are divided into sectors: the events there,
	// two thirds of all, have any number of zones from two to this.
	Zones int
	// Dialect of the feed.
	Dialect Dialect
	// Clock tells the time; time.Now when nil.
	Clock func() time.Time
	// Location of the wall clocks in the feed; UTC when nil.
	Location *time.Location
	// Extended adds attributes to each base event that the published contract does not have:
	// category, city, venue and currency.
	Extended bool
	// Clean leaves out the traps (see the package's documentation).
	Clean bool
}

func (o Options) withDefaults() (Options, error) {
	if o.Events == 0 {
		o.Events = DefaultEvents
	}
	if o.Zones == 0 {
		o.Zones = DefaultZones
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	var err error
	if o.Events < 1 || o.Events > MaxEvents {
		err = errors.Join(err, fmt.Errorf("events: %d is not between 1 and %d", o.Events, MaxEvents))
	}
	if o.Zones < 1 || o.Zones > MaxZones {
		err = errors.Join(err, fmt.Errorf("zones: %d is not between 1 and %d", o.Zones, MaxZones))
	}
	if o.Dialect > PlanList {
		err = errors.Join(err, fmt.Errorf("dialect: %d is neither EventList nor PlanList", o.Dialect))
	}
	return o, err
}

// Sim is a simulated provider. Its memory does not grow with the catalogue. It is safe for concurrent use: fetches
// at the same time get successive states.
type Sim struct {
	programme programme
	clock     func() time.Time

	mu   sync.Mutex
	held time.Time // where the calendar stands; zero while it follows the clock
	tick int64     // of the last fetch; 0 before the first
	last Snapshot
}

var _ Provider = (*Sim)(nil)

// New returns a provider, or an error that names each option out of bounds.
func New(o Options) (*Sim, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("simulated provider: %w", err)
	}
	return &Sim{programme: newProgramme(o), clock: o.Clock}, nil
}

// Fetch moves the activity clock on and returns what the feed says then. There is never an error.
func (s *Sim) Fetch() (Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.tick = max(s.tick+1, ticks(now))
	s.last = s.programme.at(now, s.tick)
	return s.last, nil
}

// Current returns what the feed said last. There is never an error.
func (s *Sim) Current() (Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tick == 0 {
		return s.At(s.now()), nil
	}
	return s.last, nil
}

// At returns what the feed says at that moment, past or future. It moves nothing.
func (s *Sim) At(t time.Time) Snapshot {
	return s.programme.at(t, ticks(t))
}

// HoldAt stops the calendar at that moment, past or future. The next fetch says what At says; each
// further one moves the activity clock on by a tick.
func (s *Sim) HoldAt(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.tick = t, 0
}

// FollowClock ends HoldAt: from the next fetch on, the calendar follows Options.Clock again.
func (s *Sim) FollowClock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.IsZero() {
		return
	}
	s.held, s.tick = time.Time{}, 0
}

func (s *Sim) now() time.Time {
	if s.held.IsZero() {
		return s.clock()
	}
	return s.held
}

// ticks of the activity clock when nobody hurries it: minutes since the Unix epoch, never below 1 so that
// 0 can mean that nobody has fetched.
func ticks(t time.Time) int64 { return max(1, t.Unix()/minute) }
