package observability

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// fixedValues are the values that a label may have; everything else is other.
type fixedValues map[string]struct{}

func fixed(values ...string) fixedValues {
	f := make(fixedValues, len(values))
	for _, v := range values {
		f[v] = struct{}{}
	}
	return f
}

func (f fixedValues) label(v string) string {
	if _, ok := f[v]; ok {
		return v
	}
	return other
}

// firstValues admits the first few values of a label that it meets; what comes later, and nothing at all, is
// other. It is for sets that are small, but known to somebody else.
type firstValues struct{ seen *memo[string, string] }

func first(most int) firstValues {
	return firstValues{seen: newMemo(most, strings.Clone)}
}

func (f firstValues) label(v string) string {
	if v == "" {
		return other
	}
	if admitted, ok := f.seen.get(v); ok {
		return admitted
	}
	return other
}

// memo remembers what was made for a key, for at most most keys. Reading takes no lock and
// allocates nothing; making something new copies the table.
type memo[K comparable, V any] struct {
	most   int
	create func(K) V

	mu    sync.Mutex // held by writers
	known atomic.Pointer[map[K]V]
}

func newMemo[K comparable, V any](most int, create func(K) V) *memo[K, V] {
	m := &memo[K, V]{most: most, create: create}
	m.known.Store(&map[K]V{})
	return m
}

// get returns what was made for the key. ok is false when the key is new and there is no room for it.
func (m *memo[K, V]) get(key K) (v V, ok bool) {
	known := *m.known.Load()
	if v, ok = known[key]; ok || len(known) >= m.most {
		return v, ok
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known = *m.known.Load()
	if v, ok = known[key]; ok || len(known) >= m.most {
		return v, ok
	}
	grown := maps.Clone(known)
	v = m.create(key)
	grown[key] = v
	m.known.Store(&grown)
	return v, true
}
