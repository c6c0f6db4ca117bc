package ingest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// shelf is where the bodies of a bundler go.
type shelf struct {
	t      require.TestingT
	bodies [][]byte
}

func bundle(t require.TestingT, records []catalogue.Record) *shelf {
	s := &shelf{t: t}
	b := bundler{chunk: Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}, TimeZone: "Europe/Madrid", Currency: "EUR"}}
	b.emit = func(number int, body []byte) error {
		require.Equal(t, len(s.bodies), number, "numbers have no gaps")
		s.bodies = append(s.bodies, body)
		return nil
	}
	for _, r := range records {
		require.NoError(t, b.add(r))
	}
	require.NoError(t, b.flush())
	require.Equal(t, len(s.bodies), b.chunk.Number, "the next number is how many there are")
	return s
}

// records are those of all bodies, each of which has to be fit for a message.
func (s *shelf) records() []catalogue.Record {
	var all []catalogue.Record
	for i, body := range s.bodies {
		require.LessOrEqual(s.t, len(body), ports.MaxBody)
		c, err := DecodeChunk(body)
		require.NoError(s.t, err)
		require.Equal(s.t, i, c.Number)
		require.Equal(s.t, "Europe/Madrid", c.TimeZone)
		require.Equal(s.t, "EUR", c.Currency)
		require.NotEmpty(s.t, c.Records)
		all = append(all, c.Records...)
	}
	return all
}

// noise hardly compresses.
func noise(size int, seed uint64) string {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	b := make([]byte, size)
	_, _ = r.Read(b)
	return string(b)
}

func TestEveryRecordIsSentOnceAndInOrder(t *testing.T) {
	const large = ports.MaxBody
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 200), rapid.IntRange(0, 100_000), rapid.IntRange(large-2_000, large+2_000))
		sent := make([]catalogue.Record, rapid.IntRange(0, 8).Draw(t, "records"))
		for i := range sent {
			sent[i] = camela(at(i+1), onEvent("event_id", fmt.Sprint(i)), onBase("title", noise(size.Draw(t, "size"), uint64(i))))
			if i > 0 && rapid.Bool().Draw(t, "same base") {
				sent[i].Base = sent[i-1].Base
			}
		}
		got := bundle(t, sent).records()
		require.Len(t, got, len(sent))
		for i := range sent {
			if got[i].Flaw == catalogue.TooLarge {
				alone := EncodeChunk(Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}, Number: 100, TimeZone: "Europe/Madrid", Currency: "EUR", Records: sent[i : i+1]})
				require.Greater(t, len(alone), ports.MaxBody-8, "record %d fits", i)
				require.Equal(t, stub(sent[i], catalogue.TooLarge), got[i])
				continue
			}
			require.Equal(t, sent[i], got[i])
		}
	})
}

func TestManySmallRecordsShareAChunk(t *testing.T) {
	records := func(n int) []catalogue.Record {
		sent := make([]catalogue.Record, n)
		for i := range sent {
			sent[i] = catalogue.Record{Position: i + 1, Event: fields("event_id", fmt.Sprint(i))}
		}
		return sent
	}
	for n, chunks := range map[int]int{0: 0, 1: 1, maxRecords: 1, maxRecords + 1: 2, 2 * maxRecords: 2} {
		s := bundle(t, records(n))
		assert.Len(t, s.bodies, chunks, "%d records", n)
		assert.Len(t, s.records(), n)
	}
}

func TestAChunkDoesNotGrowMuchBeyondItsSize(t *testing.T) {
	var sent []catalogue.Record
	for i := range 100 {
		sent = append(sent, camela(at(i+1), onBase("title", strings.Repeat("x", 10_000))))
	}
	s := bundle(t, sent)
	assert.Greater(t, len(s.bodies), 100*10_000/chunkPlain-1)
	for _, body := range s.bodies {
		c, err := DecodeChunk(body)
		require.NoError(t, err)
		size := 0
		for _, r := range c.Records {
			size += plainSize(r)
		}
		assert.LessOrEqual(t, size, chunkPlain)
	}
}

func TestAnEventThatFitsIntoNoMessageIsSentAsAStub(t *testing.T) {
	huge := camela(at(2), onBase("organizer_company_id", "1"), onBase("description", noise(2*ports.MaxBody, 1)), onBase("title", strings.Repeat("long ", 100)))
	huge.Damaged = true
	got := bundle(t, []catalogue.Record{camela(at(1)), huge, camela(at(3))}).records()
	require.Len(t, got, 3)
	assert.Equal(t, camela(at(1)), got[0])
	assert.Equal(t, camela(at(3)), got[2])

	assert.Equal(t, catalogue.Record{
		Position: 2,
		Base:     fields("base_event_id", "291", "title", strings.Repeat("long ", 100)[:maxStubText], "sell_mode", "online"),
		Event:    fields("event_id", "292", "event_start_date", "2021-06-30T21:00:00", "event_end_date", "2021-06-30T22:00:00"),
		Flaw:     catalogue.TooLarge, Damaged: true,
	}, got[1])
	before, _ := huge.Identity("default")
	after, whole := got[1].Identity("default")
	assert.True(t, whole)
	assert.Equal(t, before, after, "it still counts as seen")
}

// However well it compresses: what no consumer would unpack is not sent.
func TestAnEventThatNobodyWouldUnpackIsSentAsAStub(t *testing.T) {
	huge := catalogue.Record{
		Position: 1, Base: fields(catalogue.BaseID, "1"), Event: fields(catalogue.EventID, "1"),
		Zones: []catalogue.Fields{fields(catalogue.ZoneName, strings.Repeat("a", 40<<20))},
	}
	sent := bundle(t, []catalogue.Record{huge}).records()
	require.Len(t, sent, 1)
	assert.Equal(t, catalogue.TooLarge, sent[0].Flaw)
	assert.Empty(t, sent[0].Zones)
}

func TestWhatCannotBeSentEndsTheBundling(t *testing.T) {
	full := errors.New("the broker is full")
	calls := 0
	b := bundler{emit: func(int, []byte) error { calls++; return full }}
	for i := range maxRecords - 1 {
		require.NoError(t, b.add(catalogue.Record{Position: i}))
	}
	assert.Equal(t, full, b.add(catalogue.Record{}))
	assert.Equal(t, 1, calls)

	for i := range 3 { // too large together
		_ = b.add(camela(at(i), onBase("title", noise(70<<10, uint64(i)))))
	}
	assert.Equal(t, full, b.flush())
	assert.Equal(t, 2, calls, "after the first half nobody tries the second")
}
