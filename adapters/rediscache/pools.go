package rediscache

import (
	"time"

	"github.com/marquee-events/marquee/ports"
)

// Pools implements ports.Pools.
func (c *Cache) Pools() []ports.Pool {
	s := c.client.PoolStats()
	return []ports.Pool{{
		Name: ports.PoolRedis, InUse: max(int(s.TotalConns)-int(s.IdleConns), 0), Idle: int(s.IdleConns), Most: c.client.Options().PoolSize,
		Waits: int64(s.WaitCount), WaitedFor: time.Duration(s.WaitDurationNs), Unanswered: int64(s.Timeouts),
	}}
}
