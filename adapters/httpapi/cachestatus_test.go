package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/search"
)

func TestCacheStatus(t *testing.T) {
	written := search.Made{Body: []byte("x")}
	for want, served := range map[string]search.Served{
		"Marquee; hit; ttl=59; detail=memory":                          {Made: written, Source: search.Near, Left: time.Minute - 1},
		"Marquee; hit; ttl=60; detail=redis":                           {Made: written, Source: search.Far, Left: time.Minute},
		"Marquee; fwd=uri-miss; stored":                                {Made: written, Source: search.Loaded, Kept: true},
		"Marquee; fwd=stale; stored":                                   {Made: written, Source: search.Loaded, Outdated: true, Kept: true},
		"Marquee; fwd=uri-miss":                                        {Source: search.Loaded},
		"Marquee; fwd=uri-miss; collapsed":                             {Made: written, Source: search.Joined},
		"Marquee; fwd=stale; collapsed":                                {Source: search.Joined, Outdated: true},
		"Marquee; fwd=stale; fwd-status=503; ttl=-412; detail=memory":  {Made: written, Source: search.Near, Stale: true, Outdated: true, Left: -411*time.Second - 1},
		"Marquee; fwd=stale; fwd-status=503; ttl=0; detail=redis":      {Made: written, Source: search.Far, Stale: true, Outdated: true},
		"Marquee; fwd=stale; fwd-status=503; ttl=-3600; detail=memory": {Made: written, Source: search.Near, Stale: true, Outdated: true, Left: -time.Hour},
		"Marquee; hit; ttl=0; detail=memory":                           {Made: written, Source: search.Near, Left: time.Second - 1},
	} {
		assert.Equal(t, want, cacheStatus(served))
	}
}
