package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/membroker"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// feed is a provider's feed in memory.
type feed struct {
	records  []catalogue.Record
	since    catalogue.Validators // those that are answered with "not modified", unless they are zero
	now      catalogue.Validators
	cut      error              // how it ends, after its records
	onTheWay func(position int) // before each record

	mu    sync.Mutex
	asked []catalogue.Validators // with what it was read
}

func (f *feed) Fetch(ctx context.Context, _ catalogue.Source, since catalogue.Validators, each func(catalogue.Record) error) (catalogue.Receipt, error) {
	f.mu.Lock()
	f.asked = append(f.asked, since)
	f.mu.Unlock()
	if since == f.since && since != (catalogue.Validators{}) {
		return catalogue.Receipt{NotModified: true, Validators: since}, nil
	}
	for _, r := range f.records {
		if f.onTheWay != nil {
			f.onTheWay(r.Position)
		}
		if err := ctx.Err(); err != nil {
			return catalogue.Receipt{}, fault.Wrap(fault.Unavailable, "read the feed", err)
		}
		if err := each(r); err != nil {
			return catalogue.Receipt{}, err
		}
	}
	if f.cut != nil {
		return catalogue.Receipt{}, f.cut
	}
	return catalogue.Receipt{Validators: f.now, Bytes: int64(100 * len(f.records))}, nil
}

// readings are the validators of each time that it was read.
func (f *feed) readings() []catalogue.Validators {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// concert is a record of a feed; its base has the same fields for every concert of that base.
func concert(position int, base, own string) catalogue.Record {
	return catalogue.Record{
		Position: position,
		Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: base}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: "Concert " + base}},
		Event: catalogue.Fields{
			{Name: catalogue.EventID, Value: own},
			{Name: catalogue.EventStart, Value: "2027-06-30T21:00:00"}, {Name: catalogue.EventEnd, Value: "2027-06-30T22:00:00"},
		},
	}
}

func concerts(n int) []catalogue.Record {
	all := make([]catalogue.Record, n)
	for i := range all {
		all[i] = concert(i+1, "1", fmt.Sprint(i+1))
	}
	return all
}

var (
	began  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	run    = catalogue.RunRef{Provider: "default", Number: catalogue.RunAt(began)}
	source = catalogue.Source{ID: "default", URL: "https://example.com/feed", Location: time.UTC, Currency: "EUR"}
)

// arrived empties the broker.
func arrived(t *testing.T, b *membroker.Broker) []ports.Delivery {
	t.Helper()
	waiting, err := b.Backlog(t.Context())
	require.NoError(t, err)
	if waiting == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all []ports.Delivery
	require.NoError(t, b.Consume(ctx, 1, func(_ context.Context, d ports.Delivery) ports.Verdict {
		if all = append(all, d); len(all) == int(waiting) {
			stop()
		}
		return ports.Verdict{}
	}))
	return all
}

// opened are the chunks and the completion of what arrived; the completion comes last or not at all.
func opened(t *testing.T, deliveries []ports.Delivery) (chunks []ingest.Chunk, completion *catalogue.Completion) {
	t.Helper()
	for i, d := range deliveries {
		if d.Kind == ports.KindCompletion {
			require.Equal(t, len(deliveries)-1, i, "the completion comes last")
			c, err := ingest.DecodeCompletion(d.Body)
			require.NoError(t, err)
			return chunks, &c
		}
		require.Equal(t, ports.KindChunk, d.Kind)
		c, err := ingest.DecodeChunk(d.Body)
		require.NoError(t, err)
		chunks = append(chunks, c)
	}
	return chunks, nil
}

func TestAFeedThatIsReadToItsEnd(t *testing.T) {
	broker := membroker.New(100)
	sent := concerts(1200)
	validators := catalogue.Validators{ETag: `"2"`, LastModified: "Mon, 23 Nov 2026 12:00:00 GMT"}
	fetched, err := ingest.NewFetcher(&feed{records: sent, now: validators}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	require.NoError(t, err)

	deliveries := arrived(t, broker)
	chunks, completion := opened(t, deliveries)
	require.Len(t, chunks, 3)
	var got []catalogue.Record
	ids := map[string]bool{}
	for i, c := range chunks {
		assert.Equal(t, run, c.Run)
		assert.Equal(t, i, c.Number)
		assert.Equal(t, "UTC", c.TimeZone)
		assert.Equal(t, "EUR", c.Currency)
		got = append(got, c.Records...)
	}
	for _, d := range deliveries {
		ids[d.ID] = true
	}
	assert.Equal(t, sent, got)
	assert.Len(t, ids, 4, "each message has an identity of its own")
	require.NotNil(t, completion)
	assert.Equal(t, catalogue.Completion{Run: run, Chunks: 3, ReadToEnd: true, Validators: validators}, *completion)
	assert.Equal(t, ingest.Fetched{Completion: *completion, Announced: true, Records: 1200, Bytes: 120_000}, fetched)
}

func TestAMessageHasTheSameIdentityWhenItIsSentAgain(t *testing.T) {
	ids := func(run catalogue.RunRef) []string {
		broker := membroker.New(100)
		_, err := ingest.NewFetcher(&feed{records: concerts(600)}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
		require.NoError(t, err)
		var all []string
		for _, d := range arrived(t, broker) {
			all = append(all, d.ID)
		}
		return all
	}
	first, second := ids(run), ids(run)
	assert.Equal(t, first, second)
	assert.NotEqual(t, first, ids(catalogue.RunRef{Provider: "default", Number: run.Number + 1}))
}

func TestAnEmptyFeed(t *testing.T) {
	broker := membroker.New(100)
	_, err := ingest.NewFetcher(&feed{}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	require.NoError(t, err)
	chunks, completion := opened(t, arrived(t, broker))
	assert.Empty(t, chunks)
	assert.Equal(t, &catalogue.Completion{Run: run, ReadToEnd: true}, completion)
}

func TestAFeedThatWasNotModified(t *testing.T) {
	broker := membroker.New(100)
	last := catalogue.Validators{ETag: `"1"`}
	f := &feed{records: concerts(3), since: last}
	fetched, err := ingest.NewFetcher(f, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run, Last: last})
	require.NoError(t, err)
	chunks, completion := opened(t, arrived(t, broker))
	assert.Empty(t, chunks)
	assert.Equal(t, &catalogue.Completion{Run: run, ReadToEnd: true, NotModified: true, Validators: last}, completion)
	assert.True(t, fetched.Announced)
	assert.Equal(t, []catalogue.Validators{last}, f.readings(), "what the last run got is shown to the provider")
}

func TestTheSecondOccurrenceOfAnIdentityIsRefused(t *testing.T) {
	broker := membroker.New(100)
	nameless := concert(6, "", "1642")
	sent := []catalogue.Record{concert(1, "322", "1642"), concert(2, "1591", "1642"), concert(3, "322", "1642"), concert(4, "322", "1643"), concert(5, "322", "1642"), nameless, nameless}
	fetched, err := ingest.NewFetcher(&feed{records: sent}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	require.NoError(t, err)
	assert.Equal(t, 7, fetched.Records)
	chunks, _ := opened(t, arrived(t, broker))
	require.Len(t, chunks, 1)
	var flaws []catalogue.Reason
	for _, r := range chunks[0].Records {
		flaws = append(flaws, r.Flaw)
	}
	assert.Equal(t, []catalogue.Reason{"", "", catalogue.Duplicate, "", catalogue.Duplicate, "", ""}, flaws,
		"an event id under another base is another event, and what has no identity has no double")
	assert.Equal(t, sent[0], chunks[0].Records[0], "the first one counts")
	assert.Equal(t, 3, chunks[0].Records[2].Position)
}

// An identity is derived from ids of a bounded length, wherever it is derived.
func TestAnEndlessIDIsCutBeforeAnythingIsDerivedFromIt(t *testing.T) {
	broker := membroker.New(10)
	long := strings.Repeat("ä", 300)
	shared := concert(1, long, "1")
	other := concert(2, long, "2")
	other.Base = shared.Base
	_, err := ingest.NewFetcher(&feed{records: []catalogue.Record{shared, other}}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	require.NoError(t, err)
	chunks, _ := opened(t, arrived(t, broker))
	require.Len(t, chunks, 1)
	require.Len(t, chunks[0].Records, 2)
	for i, r := range chunks[0].Records {
		assert.Equal(t, catalogue.TextTooLong, r.Flaw)
		identity, whole := r.Identity("default")
		assert.True(t, whole, "it counts as seen")
		assert.Equal(t, long[:256], identity.Base)
		assert.Equal(t, []string{"1", "2"}[i], identity.Event)
	}
	base, _ := shared.Base.Get(catalogue.BaseID)
	assert.Equal(t, long, base, "what other records share is not changed")
}

func TestAFeedThatWasCut(t *testing.T) {
	broker := membroker.New(100)
	cut := &fault.Error{Kind: fault.Unavailable, Message: "read the feed", Cause: errors.New("unexpected EOF"), RetryAfter: time.Minute}
	fetched, err := ingest.NewFetcher(&feed{records: concerts(3), cut: cut}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	assert.ErrorIs(t, err, cut)
	assert.True(t, fetched.Announced)
	assert.Equal(t, 3, fetched.Records)
	chunks, completion := opened(t, arrived(t, broker))
	require.Len(t, chunks, 1, "it is published as far as it came")
	assert.Len(t, chunks[0].Records, 3)
	assert.Equal(t, &catalogue.Completion{Run: run, Chunks: 1, Failure: "read the feed: unexpected EOF"}, completion)
}

func TestAProviderThatDoesNotAnswer(t *testing.T) {
	broker := membroker.New(100)
	_, err := ingest.NewFetcher(&feed{cut: fault.New(fault.Unavailable, "the provider answered 500")}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: run})
	assert.Error(t, err)
	chunks, completion := opened(t, arrived(t, broker))
	assert.Empty(t, chunks)
	assert.Equal(t, &catalogue.Completion{Run: run, Failure: "the provider answered 500"}, completion)
}

// refusing publishes so many messages and then no more.
type refusing struct {
	ports.Publisher
	most int
	why  error
	mu   sync.Mutex
}

func (r *refusing) Publish(ctx context.Context, batch ...ports.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most -= len(batch); r.most < 0 {
		return r.why
	}
	return r.Publisher.Publish(ctx, batch...)
}

func TestABrokerThatTakesNoMore(t *testing.T) {
	full := fault.New(fault.Unavailable, "the broker is full")
	tests := map[string]struct {
		takes     int
		feed      *feed
		published int
	}{
		"not even the first chunk":      {0, &feed{records: concerts(1200)}, 0},
		"not the second chunk":          {1, &feed{records: concerts(1200)}, 1},
		"not the last, shorter chunk":   {2, &feed{records: concerts(1200)}, 2},
		"not the completion":            {3, &feed{records: concerts(1200)}, 3},
		"nor the end of a feed cut":     {0, &feed{records: concerts(3), cut: errors.New("unexpected EOF")}, 0},
		"nor the completion of one cut": {1, &feed{records: concerts(3), cut: errors.New("unexpected EOF")}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			broker := membroker.New(100)
			fetched, err := ingest.NewFetcher(tt.feed, &refusing{Publisher: broker, most: tt.takes, why: full}).Fetch(t.Context(), source, catalogue.Begun{Run: run})
			assert.ErrorIs(t, err, full)
			assert.Equal(t, fault.Unavailable, fault.KindOf(err))
			assert.ErrorContains(t, err, run.String())
			assert.False(t, fetched.Announced)
			chunks, completion := opened(t, arrived(t, broker))
			assert.Len(t, chunks, tt.published)
			assert.Nil(t, completion, "the run stays open")
		})
	}
}

func TestAFetchThatIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	broker := membroker.New(100)
	f := &feed{records: concerts(1200), onTheWay: func(position int) {
		if position == 700 {
			stop()
		}
	}}
	fetched, err := ingest.NewFetcher(f, broker).Fetch(ctx, source, catalogue.Begun{Run: run})
	assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
	assert.False(t, fetched.Announced)
	_, completion := opened(t, arrived(t, broker))
	assert.Nil(t, completion)
}

// deaf publishes although it was told to stop.
type deaf struct{ ports.Publisher }

func (d deaf) Publish(ctx context.Context, batch ...ports.Message) error {
	return d.Publisher.Publish(context.WithoutCancel(ctx), batch...)
}

func TestARunThatWasStoppedIsNotCompleted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	broker := membroker.New(100)
	f := &feed{records: concerts(3), onTheWay: func(position int) {
		if position == 2 {
			stop()
		}
	}}
	_, err := ingest.NewFetcher(f, deaf{broker}).Fetch(ctx, source, catalogue.Begun{Run: run})
	assert.Equal(t, fault.Canceled, fault.KindOf(err))
	chunks, completion := opened(t, arrived(t, broker))
	assert.Len(t, chunks, 1)
	assert.Nil(t, completion, "a failure would be told of the provider, who is not to blame")
}

func TestWhatIsNoCompletion(t *testing.T) {
	good, err := json.Marshal(catalogue.Completion{Run: run, Chunks: 1})
	require.NoError(t, err)
	_, err = ingest.DecodeCompletion(good)
	require.NoError(t, err)
	for name, body := range map[string]string{
		"nothing":                "",
		"a cut one":              string(good[:len(good)-1]),
		"something behind it":    string(good) + "{}",
		"an empty one":           "{}",
		"no provider":            `{"Run":{"Number":1},"Chunks":1}`,
		"no number":              `{"Run":{"Provider":"default"},"Chunks":1}`,
		"a number below zero":    `{"Run":{"Provider":"default","Number":-1},"Chunks":1}`,
		"fewer chunks than none": `{"Run":{"Provider":"default","Number":1},"Chunks":-1}`,
		"another type":           `{"Run":{"Provider":"default","Number":"1"}}`,
		"a chunk":                string(ingest.EncodeChunk(ingest.Chunk{Run: run})),
	} {
		_, err := ingest.DecodeCompletion([]byte(body))
		assert.Equal(t, fault.Invalid, fault.KindOf(err), name)
	}
}
