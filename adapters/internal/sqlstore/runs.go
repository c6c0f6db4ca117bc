package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// keptRuns is how many runs of a provider are remembered.
const keptRuns = 1000

// fullReadEvery is how often the whole feed is read although the provider would say what changed.
const fullReadEvery = time.Hour

// provider is a provider's row.
type provider struct {
	current, concluded, fullRead, believed catalogue.RunNumber
	validators                             catalogue.Validators
	heldRuns                               int
}

func findProvider(ctx context.Context, tx Tx, id string) (p provider, found bool, err error) {
	err = tx.QueryRow(ctx, "SELECT current_run, concluded_run, full_read, believed_run, etag, last_modified, held_runs FROM providers WHERE id = $1", id).
		Scan(&p.current, &p.concluded, &p.fullRead, &p.believed, &p.validators.ETag, &p.validators.LastModified, &p.heldRuns)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

// heldBy are the events whose departures are held, sorted. There may be a great many.
func heldBy(ctx context.Context, tx Tx, provider string) ([]event.ID, error) {
	var held []byte
	err := tx.QueryRow(ctx, "SELECT held FROM providers WHERE id = $1", provider).Scan(&held)
	return split(held), err
}

const runColumns = "provider, number, state, chunks, applied, added, failure, begun_at, announced_at, ended_at, withdrawn, returned, held, note, (SELECT count(*) FROM parked k WHERE k.provider = runs.provider AND k.run = runs.number)"

func scanRun(row Row) (catalogue.Run, error) {
	var (
		r                catalogue.Run
		chunks           *int64
		begun            int64
		announced, ended *int64
	)
	err := row.Scan(&r.Ref.Provider, &r.Ref.Number, &r.State, &chunks, &r.Applied, &r.Added, &r.Failure, &begun, &announced, &ended, &r.Withdrawn, &r.Returned, &r.Held, &r.Note, &r.Parked)
	r.Chunks = -1
	if chunks != nil {
		r.Chunks = int(*chunks)
	}
	r.BegunAt = time.UnixMilli(begun).UTC()
	if announced != nil {
		r.AnnouncedAt = time.UnixMilli(*announced).UTC()
	}
	if ended != nil {
		r.EndedAt = time.UnixMilli(*ended).UTC()
	}
	return r, err
}

func findRun(ctx context.Context, tx Tx, r catalogue.RunRef) (run catalogue.Run, found bool, err error) {
	run, err = scanRun(tx.QueryRow(ctx, "SELECT "+runColumns+" FROM runs WHERE provider = $1 AND number = $2", r.Provider, r.Number))
	if errors.Is(err, sql.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, err
}

// Begin implements ports.Runs.
func (s *Store) Begin(ctx context.Context, start catalogue.Start) (catalogue.Begun, error) {
	var begun catalogue.Begun
	err := s.update(ctx, "begin run", func(tx Tx) error {
		begun = catalogue.Begun{}
		if _, err := tx.Lock(ctx, start.Provider, true); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := holds(ctx, tx, start, now); err != nil {
			return err
		}
		number := catalogue.RunAt(now)
		p, known, err := findProvider(ctx, tx, start.Provider)
		if err != nil {
			return err
		}
		if known {
			last, _, err := findRun(ctx, tx, catalogue.RunRef{Provider: start.Provider, Number: p.current})
			if err != nil {
				return err
			}
			if err := mayFollow(ctx, tx, last, start, now); err != nil {
				return err
			}
			number = max(number, p.current+1)
			if last.State == catalogue.Concluded && p.believed == p.concluded && now.Sub(p.fullRead.Time()) < fullReadEvery {
				begun.Last = p.validators
			}
		}
		begun.Run = catalogue.RunRef{Provider: start.Provider, Number: number}
		if _, err := enter(ctx, tx, begun.Run); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE providers SET interval = $1 WHERE id = $2", start.Interval.Milliseconds(), start.Provider); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM runs WHERE provider = $1 AND number < (SELECT number FROM runs WHERE provider = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)", start.Provider, keptRuns)
		return err
	})
	return begun, err
}

func holds(ctx context.Context, tx Tx, start catalogue.Start, now time.Time) error {
	var holder string
	err := tx.QueryRow(ctx, "SELECT holder FROM leases WHERE name = $1 AND expires_at > $2", catalogue.LeaseName(start.Provider), now.UnixMilli()).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) || err == nil && holder != start.Holder {
		return &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNotHolder, Message: "the lease to fetch provider " + start.Provider + " is not held"}
	}
	return err
}

// mayFollow reports whether a run may begin after last. One with a parked part will not be concluded, so nobody
// waits for it.
func mayFollow(ctx context.Context, tx Tx, last catalogue.Run, start catalogue.Start, now time.Time) error {
	var parked bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM parked WHERE provider = $1 AND run = $2)", last.Ref.Provider, last.Ref.Number).Scan(&parked); err != nil {
		return err
	}
	published, waited := false, time.Duration(0)
	switch {
	case last.State == catalogue.Announced:
		published, waited = true, now.Sub(last.AnnouncedAt)
	case last.State == catalogue.Reading && last.Ref.Number == start.Announced:
		published, waited = true, start.AnnouncedFor // its completion is still in the broker
	}
	if published && !parked && waited < start.Patience {
		return &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeStillConsuming, Message: "run " + last.Ref.String() + " is still being consumed"}
	}
	return nil
}

// run is how a message finds its run.
type run struct {
	catalogue.Run
	current        bool
	laterConcluded bool // a later run of the provider is
}

// enter makes sure that the run and its provider are there, and lets a run that is later than all others
// supersede the provider's open one. What belongs to the current run shares the provider with others of its kind;
// everything else is alone.
func enter(ctx context.Context, tx Tx, r catalogue.RunRef) (run, error) {
	p, known, err := findProvider(ctx, tx, r.Provider)
	if err != nil {
		return run{}, err
	}
	alone := !known || r.Number != p.current
	passed, err := tx.Lock(ctx, r.Provider, alone)
	if err != nil {
		return run{}, err
	}
	if passed {
		if p, known, err = findProvider(ctx, tx, r.Provider); err != nil {
			return run{}, err
		}
		if !alone && r.Number != p.current {
			return run{}, ErrAgain // a later run began meanwhile; to be alone now, one would have to wait for others who wait as well
		}
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return run{}, err
	}
	// A run that is known, or follows one that is, may be ahead: then this clock was, once.
	if ahead := r.Number.Time().Sub(now); ahead > catalogue.MaxAhead && r.Number > p.current+1 {
		return run{}, &fault.Error{
			Kind: fault.Invalid, Code: catalogue.CodeFromTheFuture,
			Message: "run " + r.String() + " is " + ahead.Round(time.Second).String() + " ahead of the store's clock, more than " + catalogue.MaxAhead.String(),
		}
	}
	switch {
	case !known:
		_, err = tx.Exec(ctx, "INSERT INTO providers (id, current_run) VALUES ($1, $2)", r.Provider, r.Number)
	case r.Number > p.current:
		err = supersede(ctx, tx, r, now)
	}
	if err != nil {
		return run{}, err
	}
	found, ok, err := findRun(ctx, tx, r)
	if err != nil {
		return run{}, err
	}
	if !ok {
		found = catalogue.Run{Ref: r, State: catalogue.Reading, Chunks: -1, BegunAt: r.Number.Time()}
		if r.Number < p.current {
			found.State = catalogue.Superseded
		}
		if _, err := tx.Exec(ctx, "INSERT INTO runs (provider, number, state, begun_at) VALUES ($1, $2, $3, $4)", r.Provider, r.Number, found.State, found.BegunAt.UnixMilli()); err != nil {
			return run{}, err
		}
	}
	return run{Run: found, current: r.Number >= p.current, laterConcluded: p.concluded > r.Number}, nil
}

func supersede(ctx context.Context, tx Tx, r catalogue.RunRef, now time.Time) error {
	if _, err := tx.Exec(ctx, "UPDATE runs SET state = $1, ended_at = $2 WHERE provider = $3 AND number < $4 AND state IN ($5, $6)",
		catalogue.Superseded, now.UnixMilli(), r.Provider, r.Number, catalogue.Reading, catalogue.Announced); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM run_chunks WHERE provider = $1 AND run < $2", r.Provider, r.Number); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE providers SET current_run = $1 WHERE id = $2", r.Number, r.Provider)
	return err
}

// Complete implements ports.Ingester.
func (s *Store) Complete(ctx context.Context, c catalogue.Completion) error {
	return s.update(ctx, "complete run", func(tx Tx) error {
		if _, err := tx.Lock(ctx, c.Run.Provider, true); err != nil {
			return err
		}
		in, err := enter(ctx, tx, c.Run)
		if err != nil || in.State != catalogue.Reading {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE runs SET state = $1, announced_at = $2, chunks = $3, read_to_end = $4, not_modified = $5, failure = $6, etag = $7, last_modified = $8
			WHERE provider = $9 AND number = $10`,
			catalogue.Announced, now.UnixMilli(), c.Chunks, c.ReadToEnd, c.NotModified, c.Failure, c.Validators.ETag, c.Validators.LastModified, c.Run.Provider, c.Run.Number)
		return err
	})
}

// ready selects the runs that can be concluded: current, announced, every chunk applied, none parked.
const ready = `FROM runs r JOIN providers p ON p.id = r.provider AND p.current_run = r.number
	WHERE r.state = 'announced' AND r.applied >= r.chunks
	AND NOT EXISTS (SELECT 1 FROM parked k WHERE k.provider = r.provider AND k.run = r.number)`

// Pending implements ports.Ingester.
func (s *Store) Pending(ctx context.Context) ([]catalogue.RunRef, error) {
	return list(ctx, s, "list pending runs", func(row Row) (r catalogue.RunRef, err error) {
		err = row.Scan(&r.Provider, &r.Number)
		return r, err
	}, "SELECT r.provider, r.number "+ready+" ORDER BY r.provider")
}

// Feeds implements ports.FeedReader.
func (s *Store) Feeds(ctx context.Context) ([]catalogue.Feed, error) {
	var feeds []catalogue.Feed
	err := s.view(ctx, "list feeds", func(tx Tx) error {
		var err error
		feeds, err = collect(ctx, tx, func(row Row) (f catalogue.Feed, err error) {
			var concluded, believed, rejected, interval int64
			var current catalogue.RunNumber
			err = row.Scan(&f.Provider, &current, &concluded, &believed, &f.Known, &f.Available, &interval, &rejected)
			if concluded > 0 {
				f.LastConcluded = catalogue.RunNumber(concluded).Time()
			}
			if believed > 0 {
				f.LastBelieved = catalogue.RunNumber(believed).Time()
			}
			f.Rejected = int(rejected)
			f.Interval = time.Duration(interval) * time.Millisecond
			f.Current.Ref = catalogue.RunRef{Provider: f.Provider, Number: current}
			return f, err
		}, `SELECT id, current_run, concluded_run, believed_run, known, available, interval,
			(SELECT count(*) FROM rejections r WHERE r.provider = p.id AND NOT r.resolved) FROM providers p ORDER BY id`)
		if err != nil {
			return err
		}
		for i := range feeds {
			if feeds[i].Current, _, err = findRun(ctx, tx, feeds[i].Current.Ref); err != nil {
				return err
			}
		}
		return nil
	})
	return feeds, err
}
