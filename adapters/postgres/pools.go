package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/marquee-events/marquee/ports"
)

// Pools implements ports.Pools.
func (s *Store) Pools() []ports.Pool {
	e := s.engine
	pools := []ports.Pool{poolOf(ports.PoolStoreRead, e.read), poolOf(ports.PoolStoreWatch, e.watch), poolOf(ports.PoolStoreSnapshot, e.whole)}
	if e.write != nil {
		pools = append(pools, poolOf(ports.PoolStoreWrite, e.write))
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
