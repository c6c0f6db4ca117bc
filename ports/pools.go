package ports

import "time"

// The pools of connections that there may be.
const (
	PoolStoreRead     = "store_read"
	PoolStoreSnapshot = "store_snapshot" // of those who read the whole catalogue
	PoolStoreWatch    = "store_watch"    // of those who follow the store all the time
	PoolStoreWrite    = "store_write"
	PoolRedis         = "redis"
)

// Pool is how a pool of connections stands.
type Pool struct {
	Name       string
	InUse      int
	Idle       int
	Most       int           // connections that it may have
	Waits      int64         // how often somebody had to wait for one, since the start
	WaitedFor  time.Duration // all these waits together; zero where it is not counted
	Unanswered int64         // how often it was not to be had in time, since the start
}

// Pools tells how pools of connections stand. It answers at once and asks nobody.
type Pools interface {
	Pools() []Pool
}
