package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// relisten is how long a connection that is lost is left alone.
const relisten = time.Second

// listen rings the bell for other processes' changes, until ctx ends.
func (e *engine) listen(ctx context.Context, url string) {
	told := false
	for {
		heard, err := e.hear(ctx, url)
		if ctx.Err() != nil {
			return
		}
		if heard || !told { // once for each connection that is lost, not once a second
			e.log.WarnContext(ctx, "news of changes come later until the database is back", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(relisten):
		}
	}
}

// hear listens on a connection of its own for as long as that lasts, and reports whether it could at all.
func (e *engine) hear(ctx context.Context, url string) (heard bool, err error) {
	parsed, err := parse(url)
	if err != nil {
		return false, err
	}
	c := parsed.ConnConfig
	c.ConnectTimeout = connectTimeout
	c.RuntimeParams["application_name"] = "marquee listener"
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return false, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	for {
		e.bell.Ring() // the first time for what was said while nobody listened
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return true, err
		}
	}
}
