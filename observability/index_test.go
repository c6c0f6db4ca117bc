package observability_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// index stands as it says.
type index search.ModelState

func (i index) State() search.ModelState { return search.ModelState(i) }

func tooLarge() error {
	err := fault.New(fault.Conflict, "it takes 300 MB, and may take 200")
	err.Code = ports.CodeOverBudget
	return err
}

func newKeeping(t *testing.T) (*rig, *observability.IndexKeeping) {
	t.Helper()
	r := newRig(t)
	log, err := observability.NewLogger(r.lines, slog.LevelInfo, observability.FormatJSON)
	require.NoError(t, err)
	return r, observability.NewIndexKeeping(r.Recorder, log)
}

// said are the messages of the log since it was last asked, each with its level.
func (r *rig) said() (said []string) {
	r.t.Helper()
	for line := range strings.Lines(r.lines.String()) {
		var entry struct{ Level, Msg string }
		require.NoError(r.t, json.Unmarshal([]byte(line), &entry))
		said = append(said, entry.Level+" "+entry.Msg)
	}
	r.lines.Reset()
	return said
}

func TestHowTheIndexStandsIsToldWhenMetricsAreGathered(t *testing.T) {
	r := newRig(t)
	now := &search.ModelState{Phase: search.ModelLoading, Lag: time.Hour}
	observability.ObserveIndex(r.registry, pointed{now})
	r.only("marquee_index_phase", map[string]int{"phase=loading": 1})
	r.only("marquee_index_lag_seconds", map[string]int{})
	r.only("marquee_index_last_audited_timestamp_seconds", map[string]int{})

	*now = search.ModelState{
		Phase: search.ModelFollowing, Size: ports.ModelSize{Events: 400, Bytes: 4096, Recent: 3}, Behind: 5, Lag: 90 * time.Second, Audited: time.Unix(1700, 0),
	}
	for metric, want := range map[string]int{"events": 400, "bytes": 4096, "recent_events": 3, "changes_behind": 5, "lag_seconds": 90, "last_audited_timestamp_seconds": 1700} {
		r.only("marquee_index_"+metric, map[string]int{"": want})
	}
	r.only("marquee_index_phase", map[string]int{"phase=following": 1})

	now.Lag = 0
	require.Equal(t, 1, r.series("marquee_index_lag_seconds"), "an index that misses nothing says so")
	now.Phase = search.ModelTooLarge
	require.Zero(t, r.series("marquee_index_lag_seconds"), "what is not followed has no lag")
}

// pointed is an index that stands as what it points to says at the moment.
type pointed struct{ now *search.ModelState }

func (p pointed) State() search.ModelState { return *p.now }

// series is how many series of a metric there are, whatever their values.
func (r *rig) series(metric string) (n int) {
	r.t.Helper()
	families, err := r.registry.Gather()
	require.NoError(r.t, err)
	for _, f := range families {
		if f.GetName() == metric {
			n = len(f.GetMetric())
		}
	}
	return n
}

func TestWhoAnswersSearchesIsLoggedWhenItChanges(t *testing.T) {
	r, k := newKeeping(t)
	for _, p := range []search.ModelPhase{
		search.ModelLoading, search.ModelLoading, search.ModelFollowing, search.ModelFollowing, search.ModelLoading, search.ModelTooLarge, search.ModelFollowing,
	} {
		k.Phase(t.Context(), p)
	}
	require.Equal(t, []string{
		"INFO the store answers searches until the index is filled",
		"INFO searches are answered from memory",
		"WARN the store answers searches until the index is filled anew",
		"WARN the store answers searches, because the catalogue takes more memory than MARQUEE_SEARCH_INDEX_MEMORY allows",
		"INFO searches are answered from memory",
	}, r.said())
}

func TestFillsAreCountedByTheirSource(t *testing.T) {
	r, k := newKeeping(t)
	ctx, away := t.Context(), fault.New(fault.Unavailable, "away")
	k.Filled(ctx, search.Filled{From: search.FromFile, Err: fault.New(fault.NotFound, "no file")})
	require.Equal(t, []string{"INFO there is no file to fill the index from"}, r.said(), "the first start has none")
	for range 10 {
		k.Filled(ctx, search.Filled{From: search.FromStore, Err: away})
	}
	require.Equal(t, []string{"WARN the index cannot be filled"}, r.said(), "an outage is told once")
	k.Filled(ctx, search.Filled{From: search.FromStore, At: catalogue.Version{Number: 7, Tag: 1}, Events: 400, Took: time.Second})
	require.Contains(t, r.lines.String(), `"from":"store","events":400,"version":"7-0000000000000001"`)
	require.Equal(t, []string{"INFO the index is filled"}, r.said())
	k.Filled(ctx, search.Filled{From: search.FromStore, Err: tooLarge()})
	require.Contains(t, r.lines.String(), "it takes 300 MB, and may take 200")
	require.Equal(t, []string{"WARN the index cannot be filled"}, r.said())
	k.Filled(ctx, search.Filled{From: search.FromStore, Err: context.Canceled})
	require.Empty(t, r.said(), "a process that stops has no trouble")
	r.only("marquee_index_fills_total", map[string]int{
		"outcome=not_found source=file": 1, "outcome=unavailable source=store": 10, "outcome=ok source=store": 1, "outcome=over_budget source=store": 1, "outcome=canceled source=store": 1,
	})
}

func TestFollowingIsToldWhenItFailsAndWhenItWorksAgain(t *testing.T) {
	r, k := newKeeping(t)
	ctx := t.Context()
	k.Followed(ctx, search.Follow{Behind: 5})
	k.Followed(ctx, search.Follow{Err: tooLarge()})
	require.Empty(t, r.said())
	for range 10 {
		k.Followed(ctx, search.Follow{Err: fault.New(fault.Unavailable, "away")})
	}
	k.Followed(ctx, search.Follow{})
	k.Followed(ctx, search.Follow{})
	k.Followed(ctx, search.Follow{Err: fault.New(fault.Gone, "of before")})
	k.Followed(ctx, search.Follow{})
	require.Equal(t, []string{
		"WARN the index cannot follow the change log; searches are answered with what it holds",
		"INFO the index follows the change log again",
		"WARN the catalogue has another history than the index, as after a backup was restored; the index is filled anew",
	}, r.said())
}

func TestWhatAnAuditFindsIsCountedAndToldEachTime(t *testing.T) {
	r, k := newKeeping(t)
	ctx := t.Context()
	require.Equal(t, 2, r.series("marquee_index_mismatches_total"), "what is wrong for the first time has to be an increase")
	right := ports.Reconciled{Events: 100, Days: 3}
	k.Audited(ctx, search.Audited{How: search.AuditStore, Reconciled: right})
	require.Empty(t, r.said())
	wrong := ports.Reconciled{Events: 100, Days: 3, WrongDays: 1, Wrong: 2}
	for range 2 {
		k.Audited(ctx, search.Audited{How: search.AuditStore, Reconciled: wrong})
	}
	k.Audited(ctx, search.Audited{How: search.AuditItself, Reconciled: ports.Reconciled{WrongDays: 1}})
	k.Audited(ctx, search.Audited{How: search.AuditItself, Reconciled: ports.Reconciled{Lookups: 1}})
	require.Contains(t, r.lines.String(), `"wrong_days":0,"wrong_events":0,"wrong_lookups":1`)
	require.Equal(t, slices.Repeat([]string{"ERROR the index was wrong"}, 4), r.said())
	away := fault.New(fault.Unavailable, "away")
	for range 3 {
		k.Audited(ctx, search.Audited{How: search.AuditStore, Err: away})
	}
	require.Equal(t, []string{"WARN the index cannot be audited"}, r.said())
	r.only("marquee_index_audited_events_total", map[string]int{"how=store": 300})
	r.only("marquee_index_wrong_events_total", map[string]int{"how=store": 4})
	r.only("marquee_index_mismatches_total", map[string]int{"how=store": 2, "how=itself": 2})
	r.only("marquee_index_audits_total", map[string]int{"how=store outcome=ok": 3, "how=store outcome=unavailable": 3, "how=itself outcome=ok": 2})
}

func TestASearchThatFailedIsTold(t *testing.T) {
	r, k := newKeeping(t)
	for range 100 {
		k.Failed(t.Context(), fault.New(fault.Internal, "a place that there is not"))
	}
	require.Contains(t, r.lines.String(), "a place that there is not")
	require.Equal(t, []string{"ERROR a search failed in memory, and the store answers it; the index is looked at"}, r.said(), "and not a hundred times")
}

func TestAFileThatCannotBeWrittenIsToldOnce(t *testing.T) {
	r, k := newKeeping(t)
	ctx := t.Context()
	k.Kept(ctx, search.Kept{})
	require.Empty(t, r.said(), "it is written all the time")
	for range 3 {
		k.Kept(ctx, search.Kept{Err: fault.New(fault.Internal, "the disk is full")})
	}
	k.Kept(ctx, search.Kept{})
	require.Equal(t, []string{"WARN the index cannot be written to its file; the next start takes longer", "INFO the index is written to its file"}, r.said())
	r.only("marquee_index_file_writes_total", map[string]int{"outcome=ok": 2, "outcome=internal": 3})
}

func TestTheStatusOfAnIndex(t *testing.T) {
	render := func(s search.ModelState) string {
		text, err := json.Marshal(observability.NewIndexStatus(s))
		require.NoError(t, err)
		return string(text)
	}
	require.JSONEq(t, `{"phase":"loading","events":0,"recent":0,"bytes":0,"behind":0,"lag_seconds":0,"problem":"the store is away","wrong":0}`,
		render(search.ModelState{Phase: search.ModelLoading, Problem: "the store is away"}))
	require.JSONEq(t, `{"phase":"following","version":"7-00000000000000ff","events":400,"recent":3,"bytes":4096,"behind":5,"lag_seconds":1.5,"audited":"2026-11-23T12:00:00Z","wrong":2}`,
		render(search.ModelState{
			Phase: search.ModelFollowing, At: catalogue.Version{Number: 7, Tag: 255}, Size: ports.ModelSize{Events: 400, Bytes: 4096, Recent: 3},
			Behind: 5, Lag: 1500 * time.Millisecond, Audited: wallClock, Wrong: 2,
		}))
}
