package sqlite

import (
	"database/sql"

	"github.com/marquee-events/marquee/ports"
)

// Pools implements ports.Pools.
func (s *Store) Pools() []ports.Pool {
	pools := []ports.Pool{poolOf(ports.PoolStoreRead, s.engine.read), poolOf(ports.PoolStoreSnapshot, s.engine.whole)}
	if s.engine.write != nil {
		pools = append(pools, poolOf(ports.PoolStoreWrite, s.engine.write))
	}
	return pools
}

func poolOf(name string, db *sql.DB) ports.Pool {
	s := db.Stats()
	return ports.Pool{Name: name, InUse: s.InUse, Idle: s.Idle, Most: s.MaxOpenConnections, Waits: s.WaitCount, WaitedFor: s.WaitDuration}
}
