package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// anyFields have names that repeat, as those of a feed do, and values of any bytes.
var anyFields = rapid.Custom(func(t *rapid.T) catalogue.Fields {
	name := rapid.OneOf(rapid.SampledFrom([]string{"", "event_id", "title", "price", "capacity"}), rapid.String())
	field := rapid.Custom(func(t *rapid.T) catalogue.Field {
		return catalogue.Field{Name: name.Draw(t, "name"), Value: string(rapid.SliceOf(rapid.Byte()).Draw(t, "value"))}
	})
	return orNil(rapid.SliceOfN(field, 0, 6).Draw(t, "fields"))
})

// orNil is how a chunk reads what is not there.
func orNil[T any, S ~[]T](s S) S {
	if len(s) == 0 {
		return nil
	}
	return s
}

var anyRecord = rapid.Custom(func(t *rapid.T) catalogue.Record {
	return catalogue.Record{
		Position: rapid.IntRange(0, 1<<40).Draw(t, "position"),
		Base:     anyFields.Draw(t, "base"),
		Event:    anyFields.Draw(t, "event"),
		Zones:    orNil(rapid.SliceOfN(anyFields, 0, 5).Draw(t, "zones")),
		Flaw:     rapid.SampledFrom(append(catalogue.Reasons(), "")).Draw(t, "flaw"),
		Damaged:  rapid.Bool().Draw(t, "damaged"),
	}
})

// anyChunk has records that share their base event's fields, by the same slice or by equal ones.
var anyChunk = rapid.Custom(func(t *rapid.T) Chunk {
	c := Chunk{
		Run:      catalogue.RunRef{Provider: rapid.String().Draw(t, "provider"), Number: catalogue.RunNumber(rapid.Int64Range(0, 1<<62).Draw(t, "run"))},
		Number:   rapid.IntRange(0, 1<<40).Draw(t, "number"),
		TimeZone: rapid.String().Draw(t, "zone"),
		Currency: rapid.String().Draw(t, "currency"),
		Records:  rapid.SliceOfN(anyRecord, 0, 8).Draw(t, "records"),
	}
	for i := 1; i < len(c.Records); i++ {
		switch rapid.IntRange(0, 3).Draw(t, "share") {
		case 0:
			c.Records[i].Base = c.Records[i-1].Base
		case 1:
			c.Records[i].Base = slices.Clone(c.Records[i-1].Base)
		}
	}
	return c
})

func TestAChunkArrivesAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyChunk.Draw(t, "chunk")
		got, err := DecodeChunk(EncodeChunk(c))
		require.NoError(t, err)
		require.Equal(t, c, got)
	})
}

func TestAHeaderIsSentOncePerBaseEvent(t *testing.T) {
	c := Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}}
	base := camela().Base
	for i, b := range []catalogue.Fields{base, base, slices.Clone(base), nil, nil, base, set(slices.Clone(base), "title", "other")} {
		c.Records = append(c.Records, catalogue.Record{Position: i + 1, Base: b})
	}
	body := EncodeChunk(c)
	text, err := gunzip(body)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(text, "Camela en concierto"), "at first, and after another")
	assert.Equal(t, 1, strings.Count(text, "base_event_id"), "a name once")
	got, err := DecodeChunk(body)
	require.NoError(t, err)
	assert.Equal(t, c, got)
}

func TestADamagedChunkIsFaultyItself(t *testing.T) {
	good := EncodeChunk(Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}, TimeZone: "UTC", Records: []catalogue.Record{camela(), camela(at(2))}})
	text, err := gunzip(good)
	require.NoError(t, err)
	plain := []byte(text)
	refused := func(t *testing.T, body []byte) {
		t.Helper()
		c, err := DecodeChunk(body)
		assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
		assert.Zero(t, c)
	}
	t.Run("cut anywhere", func(t *testing.T) {
		for n := range good {
			refused(t, good[:n])
		}
	})
	t.Run("cut anywhere inside", func(t *testing.T) {
		for n := range plain {
			refused(t, packed(plain[:n]))
		}
	})
	t.Run("something behind it", func(t *testing.T) {
		refused(t, append(slices.Clone(good), 0))
		refused(t, packed(append(slices.Clone(plain), 0)))
	})
	t.Run("a byte of its content differs", func(t *testing.T) {
		for i := 10; i < len(good); i++ { // before that is gzip's header, which holds a time and a system
			body := slices.Clone(good)
			body[i] ^= 0x10
			refused(t, body)
		}
	})
	t.Run("no gzip", func(t *testing.T) {
		refused(t, nil)
		refused(t, plain)
		refused(t, []byte(`{"provider":"default"}`))
	})
	t.Run("another version", func(t *testing.T) {
		refused(t, packed(append([]byte{chunkVersion + 1}, plain[1:]...)))
	})
	t.Run("a first record without a header", func(t *testing.T) {
		refused(t, packed(head(1, sameBase, 1, 0, 0, 0)))
	})
	t.Run("a name that was never introduced", func(t *testing.T) {
		refused(t, packed(head(1, 0, 1, 0, 1, 1, 0, 0, 0)))
	})
	t.Run("numbers that no int holds", func(t *testing.T) {
		refused(t, packed(head(1, 0, 1<<63, 0, 0, 0, 0)))
		refused(t, packed(bytes.Replace(head(0), []byte{1, 'p', 1}, []byte{1, 'p', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1)))
	})
}

// head is the beginning of a chunk up to the number of its records, and further numbers.
func head(numbers ...uint64) []byte {
	b := []byte{chunkVersion, 1, 'p', 1, 0, 0, 0}
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func packed(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(&b)
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

func TestTheHeadOfTheseTestsIsRight(t *testing.T) {
	c, err := DecodeChunk(packed(head(1, 0, 7, 0, 0, 0, 0)))
	require.NoError(t, err)
	assert.Equal(t, Chunk{Run: catalogue.RunRef{Provider: "p", Number: 1}, Records: []catalogue.Record{{Position: 7}}}, c)
}

func TestAChunkHoldsABoundedNumberOfRecords(t *testing.T) {
	_, err := DecodeChunk(EncodeChunk(Chunk{Records: make([]catalogue.Record, maxRecords)}))
	require.NoError(t, err)
	_, err = DecodeChunk(EncodeChunk(Chunk{Records: make([]catalogue.Record, maxRecords+1)}))
	assert.Equal(t, fault.Invalid, fault.KindOf(err))
	assert.ErrorContains(t, err, "501 records are more than 500")
}

// A message of a few kilobytes may claim, or even hold, enough to exhaust the consumer.
func TestAChunkThatWasMadeToExhaustIsRefused(t *testing.T) {
	const most = 128 << 20 // bytes allocated on the way; half of them are for what it unpacks to
	filler := make([]byte, maxChunkPlain/4)
	for name, body := range map[string][]byte{
		"it has millions of empty zones":  packed(append(head(1, 0, 1, 0, 0, 0, uint64(len(filler))), filler...)),
		"it claims millions of fields":    packed(append(head(1, 0, 1, 0, uint64(len(filler)), 9), filler...)),
		"it has millions of empty fields": packed(append(head(1, 0, 1, 0, uint64(len(filler)/2), 0, 0), filler...)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := DecodeChunk(body)
			runtime.ReadMemStats(&after)
			assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most))
		})
	}
}

func TestAChunkThatUnpacksToMoreThanIsAllowed(t *testing.T) {
	_, err := DecodeChunk(packed(make([]byte, maxChunkPlain+1)))
	assert.Equal(t, fault.Invalid, fault.KindOf(err))
	assert.ErrorContains(t, err, "more than 33554432 bytes")
}

func TestTheLargestEventFits(t *testing.T) {
	r := camela(func(r *catalogue.Record) { r.Zones = slices.Repeat(r.Zones[:1], maxZones) })
	body := EncodeChunk(Chunk{Records: []catalogue.Record{r}})
	assert.LessOrEqual(t, len(body), ports.MaxBody)
	got, err := DecodeChunk(body)
	require.NoError(t, err)
	assert.Equal(t, []catalogue.Record{r}, got.Records)
}

func TestEncodingManyChunksAtOnce(t *testing.T) {
	c := Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}, Records: []catalogue.Record{camela()}}
	want := EncodeChunk(c)
	results := make(chan []byte)
	for range 8 {
		go func() {
			for range 20 {
				EncodeChunk(Chunk{TimeZone: strings.Repeat("x", 1000)})
			}
			results <- EncodeChunk(c)
		}()
	}
	for range 8 {
		assert.Equal(t, want, <-results)
	}
}

// FuzzDecodeChunk is given what stands inside the gzip, whose checksum the fuzzer would hardly get past.
func FuzzDecodeChunk(f *testing.F) {
	for _, c := range []Chunk{
		{},
		{Run: catalogue.RunRef{Provider: "default", Number: 1_795_435_200_123}, Number: 3, TimeZone: "Europe/Madrid", Currency: "EUR", Records: []catalogue.Record{camela(), camela(at(2))}},
		{Records: []catalogue.Record{camela(), {Base: camela().Base, Position: 2, Flaw: catalogue.Duplicate, Damaged: true}, {}}},
		{Records: []catalogue.Record{stub(camela(), catalogue.TooLarge)}},
	} {
		plain, err := gunzip(EncodeChunk(c))
		require.NoError(f, err)
		f.Add([]byte(plain))
	}
	f.Add([]byte{})
	f.Add(head(1, sameBase))
	f.Add(head(1, 0, 1, 0, 1<<40))
	f.Add(head(1, 0, 1, 0, 0, 0, 1<<20))
	f.Fuzz(func(t *testing.T, plain []byte) {
		c, err := DecodeChunk(packed(plain))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("it is %v: %v", fault.KindOf(err), err)
			}
			return
		}
		again, err := DecodeChunk(EncodeChunk(c))
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}
