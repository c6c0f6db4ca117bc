package rediscache

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/marquee-events/marquee/core/fault"
)

// defaultTimeout is long enough for the largest answer in a data centre and for a server that forks, and short enough
// for nobody to notice.
const defaultTimeout = 50 * time.Millisecond

// NewClient makes a client of the server at a URL like redis://user:password@host:6379/0, or rediss:// for TLS. Each of its steps
// takes timeout at most, 50 milliseconds unless set, and none is repeated. It connects when it is used, and has to be closed.
// A URL that cannot be read is fault.Invalid; the error does not show it, because it may have a password.
func NewClient(url string, timeout time.Duration) (*redis.Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.InvalidField("url", "the URL of Redis cannot be read; one looks like redis://user:password@host:6379/0")
	}
	quiet()
	timeout = cmp.Or(timeout, defaultTimeout)
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DisableIdentity = true // a round trip with each connection that tells nobody anything
	o.PipelinePoolSize = -1
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o), nil
}

// quiet keeps the library from writing to stderr what it returns as errors as well. Its logger is one for the process.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
