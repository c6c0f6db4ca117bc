package feedxml

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxProviders is how many are remembered. Sources come from the configuration, so it is there for a mistake.
const maxProviders = 1024

// provider is what is remembered of one from one reading to the next.
type provider struct {
	breaker *breaker
	budget  *rate.Limiter // of retries
	asked   time.Time     // last
}

// providers are those that were read, by ID. When there are too many, the one that was not asked for the longest time is
// forgotten, and is as good as new when it comes back.
type providers struct {
	retries Retries
	breaker Breaker

	mu  sync.Mutex
	all map[string]*provider
}

func newProviders(r Retries, b Breaker) *providers {
	return &providers{retries: r, breaker: b, all: map[string]*provider{}}
}

func (p *providers) of(id string) *provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, known := p.all[id]
	if !known {
		if len(p.all) == maxProviders {
			p.forgetOne()
		}
		one = &provider{breaker: newBreaker(p.breaker), budget: p.retries.newBudget()}
		p.all[id] = one
	}
	one.asked = time.Now()
	return one
}

func (p *providers) forgetOne() {
	var oldest string
	var asked time.Time
	for id, one := range p.all {
		if asked.IsZero() || one.asked.Before(asked) {
			oldest, asked = id, one.asked
		}
	}
	delete(p.all, oldest)
}
