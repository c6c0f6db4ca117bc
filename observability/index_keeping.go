package observability

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// IndexKeeping watches what becomes of the index in memory: it counts, and says in the log what an operator wants to know. What is
// tried again and again and fails is told once at warn level, and at debug level until it succeeds.
//
// It may be used from many goroutines.
type IndexKeeping struct {
	rec *Recorder
	log *slog.Logger

	searches rate.Sometimes // that failed, of which some are told

	mu      sync.Mutex
	phase   search.ModelPhase
	failing map[string]bool // what failed when it was last tried
}

var _ search.ModelWatcher = (*IndexKeeping)(nil)

// The things that are tried again and again.
const (
	tryFill   = "fill"
	tryFollow = "follow"
	tryAudit  = "audit"
	tryKeep   = "keep"
)

// NewIndexKeeping counts with rec and logs to log. What is wrong is counted from zero, so that the first of it is an increase.
func NewIndexKeeping(rec *Recorder, log *slog.Logger) *IndexKeeping {
	for _, how := range auditNames {
		rec.indexAuditedEvents.WithLabelValues(how)
		rec.indexWrongEvents.WithLabelValues(how)
		rec.indexMismatches.WithLabelValues(how)
	}
	return &IndexKeeping{rec: rec, log: log, searches: rate.Sometimes{Interval: 10 * time.Second}, failing: map[string]bool{}}
}

// Phase says who answers searches from now on.
func (k *IndexKeeping) Phase(ctx context.Context, p search.ModelPhase) {
	k.mu.Lock()
	was := k.phase
	k.phase = p
	k.mu.Unlock()
	switch {
	case p == was:
	case p == search.ModelFollowing:
		k.log.InfoContext(ctx, "searches are answered from memory")
	case p == search.ModelTooLarge:
		k.log.WarnContext(ctx, "the store answers searches, because the catalogue takes more memory than MARQUEE_SEARCH_INDEX_MEMORY allows")
	case was == "":
		k.log.InfoContext(ctx, "the store answers searches until the index is filled")
	default:
		k.log.WarnContext(ctx, "the store answers searches until the index is filled anew")
	}
}

// Filled takes note of an attempt to fill the index.
func (k *IndexKeeping) Filled(ctx context.Context, f search.Filled) {
	outcome := fault.KindOf(f.Err).String()
	if overBudget(f.Err) {
		outcome = ports.CodeOverBudget
	}
	k.rec.indexFills.WithLabelValues(f.From, outcome).Inc()
	switch {
	case f.Err == nil:
		k.succeeded(tryFill)
		k.log.InfoContext(ctx, "the index is filled", "from", f.From, "events", f.Events, "version", f.At.String(), "took", f.Took)
	case f.From == search.FromFile && fault.Is(f.Err, fault.NotFound):
		k.log.InfoContext(ctx, "there is no file to fill the index from", "error", f.Err)
	default:
		k.log.Log(ctx, k.failed(tryFill, f.Err), "the index cannot be filled", "from", f.From, "error", f.Err, "took", f.Took)
	}
}

// Followed takes note of how the follower of the change log stands.
func (k *IndexKeeping) Followed(ctx context.Context, f search.Follow) {
	switch {
	case f.Err == nil:
		if k.succeeded(tryFollow) {
			k.log.InfoContext(ctx, "the index follows the change log again", "behind", f.Behind)
		}
	case overBudget(f.Err): // the phase that follows says it
	case fault.Is(f.Err, fault.Gone):
		k.succeeded(tryFollow)
		k.log.WarnContext(ctx, "the catalogue has another history than the index, as after a backup was restored; the index is filled anew", "error", f.Err)
	default:
		k.log.Log(ctx, k.failed(tryFollow, f.Err), "the index cannot follow the change log; searches are answered with what it holds", "error", f.Err)
	}
}

// Audited takes note of a look at a part of the index. What was wrong is told each time.
func (k *IndexKeeping) Audited(ctx context.Context, a search.Audited) {
	k.rec.indexAudits.WithLabelValues(a.How, fault.KindOf(a.Err).String()).Inc()
	k.rec.indexAuditedEvents.WithLabelValues(a.How).Add(float64(a.Events))
	k.rec.indexWrongEvents.WithLabelValues(a.How).Add(float64(a.Wrong))
	k.rec.indexMismatches.WithLabelValues(a.How).Add(float64(a.WrongDays + a.Lookups))
	if a.Wrong > 0 || a.WrongDays > 0 || a.Lookups > 0 {
		k.log.ErrorContext(ctx, "the index was wrong", "compared_with", a.How, "wrong_days", a.WrongDays, "wrong_events", a.Wrong,
			"wrong_lookups", a.Lookups, "days", a.Days, "events", a.Events, "took", a.Took)
	}
	if a.Err != nil {
		k.log.Log(ctx, k.failed(tryAudit+a.How, a.Err), "the index cannot be audited", "compared_with", a.How, "error", a.Err)
		return
	}
	k.succeeded(tryAudit + a.How)
}

// Kept takes note of an attempt to write the index to its file.
func (k *IndexKeeping) Kept(ctx context.Context, kept search.Kept) {
	k.rec.indexWrites.WithLabelValues(fault.KindOf(kept.Err).String()).Inc()
	if kept.Err != nil {
		k.log.Log(ctx, k.failed(tryKeep, kept.Err), "the index cannot be written to its file; the next start takes longer", "error", kept.Err)
		return
	}
	level := slog.LevelDebug
	if k.succeeded(tryKeep) {
		level = slog.LevelInfo
	}
	k.log.Log(ctx, level, "the index is written to its file", "version", kept.At.String(), "took", kept.Took)
}

// Failed takes note of a search that failed in memory; as a call of a port it is counted elsewhere.
func (k *IndexKeeping) Failed(ctx context.Context, err error) {
	k.searches.Do(func() {
		k.log.ErrorContext(ctx, "a search failed in memory, and the store answers it; the index is looked at", "error", err)
	})
}

// failed is the level at which a failure is told. What was canceled did not fail.
func (k *IndexKeeping) failed(what string, err error) slog.Level {
	k.mu.Lock()
	defer k.mu.Unlock()
	if fault.Is(err, fault.Canceled) || k.failing[what] {
		return slog.LevelDebug
	}
	k.failing[what] = true
	return slog.LevelWarn
}

// succeeded reports whether what succeeds now had failed before.
func (k *IndexKeeping) succeeded(what string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	again := k.failing[what]
	delete(k.failing, what)
	return again
}

func overBudget(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && e.Code == ports.CodeOverBudget
}
