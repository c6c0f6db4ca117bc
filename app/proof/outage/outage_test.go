package outage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The store is away while a run is under way: what was read of the feed by then, and all that follows, waits in the broker.
func TestTheStoreIsAway(t *testing.T) {
	t.Parallel()
	p, _, s, unlock := underWay(t)
	s.until("messages wait for the store", func() bool { return s.log.has("a message waits for a dependency") })
	p.issue.Store(3)
	s.endure(outage(t, 8*time.Second))
	assert.False(t, s.knows(only(2)), "the store was away")

	unlock()
	s.until("what waited is in the catalogue", func() bool { return s.knows(only(2)) })
	s.until("the third issue is in the catalogue", func() bool { return s.concluded(3) })
	s.settled(3)
}

// The broker is away while it holds messages, and while consumers hold some whose acknowledgements it will never hear.
func TestTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	p, b, s, unlock := underWay(t)
	s.until("the whole of it is in the broker", func() bool {
		n, err := s.backlog.Backlog(t.Context())
		return err == nil && n == 4 // three chunks and the completion
	})
	s.until("a message is in hand", func() bool { return s.log.has("a message waits for a dependency") })
	b.stop()
	unlock()
	p.issue.Store(3)
	s.endure(outage(t, 5*time.Second))
	assert.False(t, s.knows(only(2)), "it is in the broker alone")

	b.start(t)
	s.until("what the broker had is in the catalogue", func() bool { return s.knows(only(2)) })
	s.until("the third issue is in the catalogue", func() bool { return s.concluded(3) })
	s.settled(3)
}

// underWay is a service that has read the first issue, and publishes the second while nobody can store it, until
// unlock is called. Its last event is in no other issue.
func underWay(t *testing.T) (p *provider, b *broker, s *service, unlock func()) {
	t.Helper()
	p, b = newProvider(t), newBroker(t)
	s = newService(t, p, b)
	s.until("the first issue is in the catalogue", func() bool { return s.concluded(1) })
	release := p.hold()
	defer release()
	p.issue.Store(2)
	s.until("the second issue is being read", func() bool { return p.begun.Load() == 2 })
	unlock = s.lock()
	return p, b, s, unlock
}

// settled is how things have to be afterwards: nothing waits, nothing was put aside, and everything that was ever
// in the feed is in the catalogue, once.
func (s *service) settled(issues int64) {
	s.t.Helper()
	s.until("nothing waits in the broker", func() bool {
		n, err := s.backlog.Backlog(s.t.Context())
		return err == nil && n == 0
	})
	s.nothingParked()
	assert.False(s.t, s.log.has("message parked"))
	for issue := int64(1); issue <= issues; issue++ {
		d, err := s.store.Event(s.t.Context(), id(only(issue)), 1)
		require.NoError(s.t, err)
		assert.Equal(s.t, issue == issues, d.Event.Available, "%s", only(issue))
	}
	s.until("searches show all of it", func() bool { return s.search() == lasting+int(issues) })
	s.ledger(issues)
}
