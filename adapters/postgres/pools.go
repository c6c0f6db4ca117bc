package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/marquee-events/marquee/ports"
)

// Pools implements ports.Pools.
func (s *Store) Pools() []ports.Pool {
	pools := []ports.Pool{poolOf(ports.PoolStoreRead, s.engine.read), poolOf(ports.PoolStoreWatch, s.engine.watch)}
	if s.engine.write != nil {
		pools = append(pools, poolOf(ports.PoolStoreWrite, s.engine.write))
	}
	return pools
}

func poolOf(name string, p *pgxpool.Pool) ports.Pool {
	s := p.Stat()
	return ports.Pool{
		Name: name, InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Most: int(s.MaxConns()),
		Waits: s.EmptyAcquireCount(), WaitedFor: s.EmptyAcquireWaitTime(), Unanswered: s.CanceledAcquireCount(),
	}
}
