package feedxml

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read collects what Decode hands over.
func read(r io.Reader, l Limits) (records []catalogue.Record, err error) {
	err = Decode(r, l, func(r catalogue.Record) error {
		records = append(records, r)
		return nil
	})
	return records, err
}

func readString(document string) ([]catalogue.Record, error) {
	return read(strings.NewReader(document), Limits{})
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			document, err := os.ReadFile(file)
			require.NoError(t, err)
			records, err := read(bytes.NewReader(document), Limits{})
			require.NoError(t, err)
			got, err := json.MarshalIndent(records, "", "  ")
			require.NoError(t, err)
			golden := strings.TrimSuffix(file, ".xml") + ".json"
			if *update {
				require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got)+"\n")

			drop, err := read(iotest.OneByteReader(bytes.NewReader(document)), Limits{})
			require.NoError(t, err)
			assert.Equal(t, records, drop, "read byte by byte")
		})
	}
}

func TestDialectsMeanTheSame(t *testing.T) {
	const events = `<eventList><output><base_event base_event_id="1" title="A"><event event_id="2" event_start_date="s" event_end_date="e"><zone zone_id="3"/></event></base_event></output></eventList>`
	plans := strings.ReplaceAll(events, "event", "plan")
	a, err := readString(events)
	require.NoError(t, err)
	b, err := readString(plans)
	require.NoError(t, err)
	require.Len(t, a, 1)
	assert.Equal(t, a, b)
	id, whole := b[0].Identity("default")
	assert.True(t, whole)
	assert.Equal(t, "1", id.Base)
	assert.Equal(t, "2", id.Event)
}

// one is a list of a single event with these attributes.
func one(attributes string) string {
	return `<eventList><output><base_event base_event_id="1"><event ` + attributes + `/></base_event></output></eventList>`
}

func TestWhatIsSkippedAndWhatIsTaken(t *testing.T) {
	const plain = `<base_event base_event_id="1"><event event_id="2"><zone zone_id="3"/></event></base_event>`
	list := func(inside string) string { return "<eventList><output>" + inside + "</output></eventList>" }
	tests := map[string]string{
		"nothing but the list":       list(plain),
		"an empty script before":     "<eventList><script/><output>" + plain + "</output></eventList>",
		"elements nobody knows":      "<eventList><a b='c'><output>" + plain + "</output></a><output><x/>" + plain + "<y><base_event/></y></output><z/></eventList>",
		"one in each place":          list(`<x/><base_event base_event_id="1"><x><event/></x><event event_id="2"><x><zone/></x><zone zone_id="3"><zone/></zone></event></base_event>`),
		"text, CDATA, comments":      list("text &amp; &nbsp; \x00 ]]> <![CDATA[<event>]]><!-- <event> -- -->" + plain + "<?php <event> ?>"),
		"a byte order mark":          "\xEF\xBB\xBF<?xml version='1.0'?>" + list(plain),
		"a document type":            "<!DOCTYPE eventList SYSTEM \"a>b[.dtd\">" + list(plain),
		"comments and blanks around": " \n<!-- a --><?pi?>" + list(plain) + "\n<!-- b --><?pi?>\n",
		"namespaces":                 `<f:eventList xmlns:f="u"><f:output><f:base_event base_event_id="1"><f:event event_id="2"><f:zone zone_id="3"></f:zone></f:event></f:base_event></f:output></f:eventList>`,
		"white space in tags":        "<eventList\n><output\t>" + `<base_event  base_event_id = "1"><event event_id='2'` + "\r\n><zone\nzone_id\n=\n'3'/></event ></base_event></output></eventList >",
		"several outputs":            "<eventList><output/><output>" + plain + "</output><output/></eventList>",
		"a mix of the dialects":      `<planList><output><base_event base_plan_id="1"><plan event_id="2"><zone zone_id="3"/></plan></base_event></output></planList>`,
	}
	want := []catalogue.Record{{
		Position: 1,
		Base:     catalogue.Fields{{Name: "base_event_id", Value: "1"}},
		Event:    catalogue.Fields{{Name: "event_id", Value: "2"}},
		Zones:    []catalogue.Fields{{{Name: "zone_id", Value: "3"}}},
	}}
	for name, document := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readString(document)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestValues(t *testing.T) {
	tests := map[string]struct {
		written, want string
		damaged       bool
	}{
		"plain":                          {`Platea`, "Platea", false},
		"the five entities":              {`&lt;&gt;&amp;&quot;&apos;`, `<>&"'`, false},
		"references":                     {`&#65;&#x41;&#x1F3AD;&#00065;`, "AA🎭A", false},
		"white space as it is":           {" a\tb\nc  ", " a\tb\nc  ", false},
		"line ends":                      {"a\r\nb\rc\r\r\n", "a\nb\nc\n\n", false},
		"referred line ends":             {"&#13;&#10;&#9;", "\r\n\t", false},
		"the other quote":                {`it's`, "it's", false},
		"a greater-than sign":            {`a > b ]]> -->`, "a > b ]]> -->", false},
		"letters of four bytes":          {"𝄞 é 漢", "𝄞 é 漢", false},
		"delete and C1 are allowed":      {"\x7f\u0085", "\x7f\u0085", false},
		"a replacement character":        {"\uFFFD", "\uFFFD", false},
		"decoded once only":              {"&amp;amp;#65;", "&amp;#65;", false},
		"a stray ampersand":              {"Rock & Roll&", "Rock & Roll&", true},
		"an entity nobody defined":       {"&nbsp;&Amp;", "&nbsp;&Amp;", true},
		"an ampersand far from its end":  {"&" + strings.Repeat("a", 200) + ";", "&" + strings.Repeat("a", 200) + ";", true},
		"a reference to nothing":         {"&#;&#x;&#xg;&#-1;&#+1;&#1_0;", "&#;&#x;&#xg;&#-1;&#+1;&#1_0;", true},
		"a reference beyond Unicode":     {"&#x110000;&#99999999999999999999;", "&#x110000;&#99999999999999999999;", true},
		"a reference to what is refused": {"&#0;&#xD800;&#xFFFE;", "\uFFFD\uFFFD\uFFFD", true},
		"a stray less-than sign":         {"I <3 it, a < b <", "I <3 it, a < b <", true},
		"invalid bytes":                  {"a\xffb\xc3", "a\uFFFDb\uFFFD", true},
		"a surrogate in bytes":           {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD", true},
		"an overlong letter":             {"\xc0\xaf", "\uFFFD\uFFFD", true},
		"control characters":             {"\x00\x01\x1f\uFFFE", "\uFFFD\uFFFD\uFFFD\uFFFD", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// In the midst of others, which stay what they are, and at every distance from a buffer's end.
			for shift := range 160 {
				document := strings.Replace(one(`event_id="2" a="before" venue="`+tt.written+`" z="after"`),
					"<output>", strings.Repeat(" ", scanBuffer-160+shift)+"<output>", 1)
				got, err := readString(document)
				require.NoError(t, err)
				require.Len(t, got, 1)
				require.Equal(t, catalogue.Fields{{Name: "event_id", Value: "2"}, {Name: "a", Value: "before"}, {Name: "venue", Value: tt.want}, {Name: "z", Value: "after"}}, got[0].Event)
				require.Equal(t, tt.damaged, got[0].Damaged)
			}
		})
	}
}

func TestDamageStaysWhereItIs(t *testing.T) {
	got, err := readString(`<eventList><output>` +
		`<base_event base_event_id="1" title="a & b"><event event_id="1"/><event event_id="2"/></base_event>` +
		`<base_event base_event_id="2"><event event_id="1"/><event event_id="2"><zone name="c & d"/></event><event event_id="3"><note x="e & f"/></event></base_event>` +
		"<base_event><event ven\xffue=''/><event/></base_event>" +
		`</output></eventList>`)
	require.NoError(t, err)
	var damaged []bool
	for _, r := range got {
		damaged = append(damaged, r.Damaged)
	}
	assert.Equal(t, []bool{true, true, false, true, false, true, false}, damaged)
	assert.Equal(t, "ven\uFFFDue", got[5].Event[0].Name)
}

func TestEncodings(t *testing.T) {
	const text = `title="Ñandú coração"`
	document := func(declared string) string {
		return `<?xml version="1.0"` + declared + `?>` + `<eventList><output><base_event ` + text + `><event event_id="1"/></base_event></output></eventList>`
	}
	encode := func(s string, e unicode.Endianness, bom unicode.BOMPolicy) string {
		out, err := unicode.UTF16(e, bom).NewEncoder().String(s)
		require.NoError(t, err)
		return out
	}
	latin1 := func(s string) string {
		var out []byte
		for _, r := range s {
			out = append(out, byte(r))
		}
		return string(out)
	}
	tests := map[string]struct{ label, document string }{
		"UTF-8":                         {"", document("")},
		"declared":                      {"", document(` encoding="utf-8"`)},
		"a mark beats what is declared": {"iso-8859-1", "\xEF\xBB\xBF" + document(` encoding="ISO-8859-1"`)},
		"ISO-8859-1":                    {"", latin1(document(` encoding="ISO-8859-1"`))},
		"windows-1252":                  {"", latin1(document(` encoding='windows-1252' standalone="yes"`))},
		"by the label only":             {"ISO-8859-15", latin1(document(""))},
		"the document knows better than its label": {"UTF-8", latin1(document(` encoding="latin1"`))},
		"UTF-16 with a mark, little":               {"", encode(document(` encoding="UTF-16"`), unicode.LittleEndian, unicode.UseBOM)},
		"UTF-16 with a mark, big":                  {"", encode(document(` encoding="UTF-16"`), unicode.BigEndian, unicode.UseBOM)},
		"UTF-16 without, little":                   {"", encode(document(""), unicode.LittleEndian, unicode.IgnoreBOM)},
		"UTF-16 without, big":                      {"", encode(document(""), unicode.BigEndian, unicode.IgnoreBOM)},
		"said to be UTF-16, is not":                {"utf-16", document(` encoding="utf-16"`)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []catalogue.Record
			err := decode(strings.NewReader(tt.document), tt.label, Limits{}, func(r catalogue.Record) error {
				got = append(got, r)
				return nil
			})
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, catalogue.Fields{{Name: "title", Value: "Ñandú coração"}}, got[0].Base)
			assert.False(t, got[0].Damaged)
		})
	}
	t.Run("what cannot be decoded is damage", func(t *testing.T) {
		got, err := readString("<?xml version='1.0' encoding='Shift_JIS'?>" + one("venue='a\xffb'"))
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, "a\uFFFDb", got[0].Event[0].Value)
		assert.True(t, got[0].Damaged)
	})
	t.Run("one that nobody knows", func(t *testing.T) {
		_, err := readString(document(` encoding="EBCDIC-CP-XY"`))
		assert.Equal(t, fault.Unavailable, fault.KindOf(err))
		assert.ErrorContains(t, err, "ebcdic-cp-xy")
	})
}

// TestBrokenFeeds reads feeds whose structure is broken: what came before is handed over, and the error
// tells what was found and where.
func TestBrokenFeeds(t *testing.T) {
	const (
		head  = "<eventList>\n<output>\n"
		first = `<base_event base_event_id="1"><event event_id="1"/></base_event>` + "\n"
		tail  = "</output></eventList>"
	)
	tests := map[string]struct {
		document string
		handed   int
		code     string
		message  string
	}{
		"nothing":                    {"", 0, CodeCut, "is empty"},
		"blanks":                     {" \r\n\t", 0, CodeCut, "is empty"},
		"only a declaration":         {"<?xml version='1.0'?>", 0, CodeCut, "is empty"},
		"only a mark":                {"\xEF\xBB\xBF", 0, CodeCut, "is empty"},
		"a page in lower case":       {"<!doctype html><html><p>", 0, CodeGarbled, `begins with "<!doctype html><html><p>", not with <eventList> or <planList>`},
		"a web page":                 {"<!DOCTYPE html><html><p>", 0, CodeGarbled, "begins with <html>, not with <eventList> or <planList>"},
		"JSON":                       {`{"data":null}`, 0, CodeGarbled, `begins with "{\"data\":null}"`},
		"zeros":                      {"\x00\x00\x00", 0, CodeGarbled, `begins with "\x00\x00\x00"`},
		"a base event by itself":     {first, 0, CodeGarbled, "begins with <base_event>"},
		"a list without output":      {"<eventList></eventList>", 0, CodeGarbled, "no <output>"},
		"output inside another":      {"<eventList><x><output/></x></eventList>", 0, CodeGarbled, "no <output>"},
		"cut inside output":          {head + first, 1, CodeCut, "inside <output> (line 4, byte 86)"},
		"cut inside an event":        {head + first + `<base_event><event event_id="2">`, 1, CodeCut, "inside <event>"},
		"cut inside a value":         {head + first + `<base_event><event event_id="2`, 1, CodeCut, "inside <event>"},
		"cut inside a tag":           {head + first + `<base_eve`, 1, CodeCut, "inside <output>"},
		"cut inside a comment":       {head + first + `<!-- never`, 1, CodeCut, "inside <output>"},
		"cut before the last sign":   {head + first + "</output></eventList", 1, CodeCut, "inside <eventList>"},
		"cut inside the first tag":   {"<eventL", 0, CodeCut, "within its markup"},
		"cut after a sign":           {head + first + tail + "<", 1, CodeCut, "within its markup"},
		"the wrong end":              {head + first + "</eventList>", 1, CodeGarbled, "closes <eventList> where <output> is open (line 4"},
		"an end too many":            {head + first + tail + "</eventList>", 1, CodeGarbled, "not open"},
		"a second root":              {head + first + tail + "<eventList><output/></eventList>", 1, CodeGarbled, "<eventList> after its end"},
		"text after the root":        {head + first + tail + "\nPHP Warning", 1, CodeGarbled, `text after its end: "PHP Warning"`},
		"a missing quote":            {head + first + `<base_event base_event_id="2><event event_id="3"/></base_event>` + tail, 1, CodeGarbled, "markup inside a value of <base_event>"},
		"no quotes":                  {head + first + `<base_event base_event_id=2/>` + tail, 1, CodeGarbled, `no quotes around the value of "base_event_id"`},
		"no value":                   {head + first + `<base_event new/>` + tail, 1, CodeGarbled, `no value for "new"`},
		"no name":                    {head + first + `<base_event ="2"/>` + tail, 1, CodeGarbled, "where a name is due"},
		"a sign before nothing":      {head + first + `< 3` + tail, 1, CodeGarbled, "begins nothing"},
		"a stray slash":              {head + first + `<base_event / >` + tail, 1, CodeGarbled, "stray /"},
		"an end tag with attributes": {head + first + `<base_event></base_event a="b">` + tail, 1, CodeGarbled, "end tag of <base_event>"},
		"a name without end":         {head + first + `<` + strings.Repeat("a", 300), 1, CodeGarbled, "name of more than 256 bytes"},
		"a late document type":       {head + first + `<!DOCTYPE x>` + tail, 1, CodeGarbled, "declaration where none may be"},
		"an entity bomb": {
			`<!DOCTYPE eventList [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + head + first + tail, 0, CodeGarbled, "defines its own document type",
		},
		"elements without end": {head + first + strings.Repeat("<a>", 100), 1, CodeTooLarge, "more than 32 elements"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readString(tt.document)
			assert.Len(t, got, tt.handed, "records before")
			e, ok := errors.AsType[*fault.Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, fault.Unavailable, e.Kind)
			assert.Equal(t, tt.code, e.Code)
			assert.ErrorContains(t, err, tt.message)

			again, drip := read(iotest.OneByteReader(strings.NewReader(tt.document)), Limits{})
			assert.Equal(t, got, again, "read byte by byte")
			assert.EqualError(t, drip, err.Error(), "read byte by byte")
		})
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	document, err := os.ReadFile("testdata/event_list.xml")
	require.NoError(t, err)
	document = bytes.TrimSpace(document)
	whole, err := read(bytes.NewReader(document), Limits{})
	require.NoError(t, err)
	for n := range document {
		got, err := read(bytes.NewReader(document[:n]), Limits{})
		if fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("cut at byte %d: %v", n, err)
		}
		if len(got) > 0 { // no half record
			require.Equal(t, whole[:len(got)], got)
		}
	}
}

func TestLimits(t *testing.T) {
	event := func(zones int, attributes string) string {
		return `<event ` + attributes + `>` + strings.Repeat(`<zone zone_id="1"/>`, zones) + `</event>`
	}
	list := func(events ...string) string {
		return `<eventList><output><base_event base_event_id="1">` + strings.Join(events, "") + `</base_event></output></eventList>`
	}
	sound := event(1, `event_id="9"`)
	many := func(n int) string {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, `a%d="%d" `, i, i)
		}
		return all.String()
	}
	tests := map[string]struct {
		limits Limits
		large  string
		check  func(*testing.T, catalogue.Record)
	}{
		"as many zones as may be": {Limits{Zones: 5}, event(5, ""), func(t *testing.T, r catalogue.Record) {
			assert.Empty(t, r.Flaw)
			assert.Len(t, r.Zones, 5)
		}},
		"one zone more": {Limits{Zones: 5}, event(6, ""), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TooManyZones, r.Flaw)
			assert.Len(t, r.Zones, 5)
		}},
		"a value as long as may be": {Limits{ValueBytes: 10}, event(0, `venue="0123456789"`), func(t *testing.T, r catalogue.Record) {
			assert.Empty(t, r.Flaw)
			assert.Equal(t, "0123456789", r.Event[0].Value)
		}},
		"a byte more": {Limits{ValueBytes: 10}, event(0, `venue="0123456789a" city="Rome"`), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TextTooLong, r.Flaw)
			assert.Equal(t, catalogue.Fields{{Name: "venue", Value: "0123456789"}, {Name: "city", Value: "Rome"}}, r.Event)
		}},
		"no letter is halved": {Limits{ValueBytes: 10}, event(0, `venue="012345678é" city="Rome"`), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TextTooLong, r.Flaw)
			assert.Equal(t, "012345678", r.Event[0].Value)
		}},
		"references count as what they are": {Limits{ValueBytes: 10}, event(0, `venue="`+strings.Repeat("&amp;", 10)+`"`), func(t *testing.T, r catalogue.Record) {
			assert.Empty(t, r.Flaw)
		}},
		"a very long value": {Limits{}, event(0, `venue="`+strings.Repeat("long ", 1<<20)+`"`), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TextTooLong, r.Flaw)
			assert.Len(t, r.Event[0].Value, 64<<10)
		}},
		"a long value of a zone": {Limits{ValueBytes: 10}, `<event><zone name="01234567890"/></event>`, func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TextTooLong, r.Flaw)
		}},
		"as many attributes as may be": {Limits{Attributes: 7}, event(0, many(7)), func(t *testing.T, r catalogue.Record) {
			assert.Empty(t, r.Flaw)
			assert.Len(t, r.Event, 7)
		}},
		"an attribute more": {Limits{Attributes: 7}, event(0, many(8)), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TooLarge, r.Flaw)
			assert.Len(t, r.Event, 7)
		}},
		"more names than are remembered": {Limits{Attributes: 2_000}, event(0, many(1_500)), func(t *testing.T, r catalogue.Record) {
			assert.Empty(t, r.Flaw)
			assert.Equal(t, catalogue.Field{Name: "a1499", Value: "1499"}, r.Event[1_499])
		}},
		"a record of too much memory": {Limits{RecordBytes: 10_000}, event(1_000, ""), func(t *testing.T, r catalogue.Record) {
			assert.Equal(t, catalogue.TooLarge, r.Flaw)
			assert.NotEmpty(t, r.Zones)
			assert.Less(t, len(r.Zones), 200)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := read(strings.NewReader(list(sound, tt.large, sound)), tt.limits)
			require.NoError(t, err)
			require.Len(t, got, 3)
			tt.check(t, got[1])
			for _, neighbour := range []catalogue.Record{got[0], got[2]} {
				assert.Empty(t, neighbour.Flaw)
				assert.Equal(t, catalogue.Fields{{Name: "event_id", Value: "9"}}, neighbour.Event)
				assert.Len(t, neighbour.Zones, 1)
			}
		})
	}
	t.Run("a flaw of the base is that of its events", func(t *testing.T) {
		got, err := read(strings.NewReader(`<eventList><output><base_event title="01234567890"><event/><event/></base_event><base_event><event/></base_event></output></eventList>`), Limits{ValueBytes: 10})
		require.NoError(t, err)
		require.Len(t, got, 3)
		assert.Equal(t, catalogue.TextTooLong, got[0].Flaw)
		assert.Equal(t, catalogue.TextTooLong, got[1].Flaw)
		assert.Empty(t, got[2].Flaw)
	})
	t.Run("too many events", func(t *testing.T) {
		got, err := read(strings.NewReader(list(sound, sound, sound)), Limits{Events: 2})
		assert.Len(t, got, 2)
		requireCode(t, CodeTooLarge, err)
	})
	t.Run("too many bytes", func(t *testing.T) {
		document := generatedFeed(1_000, 3)
		_, err := read(bytes.NewReader(document), Limits{Bytes: int64(len(document))})
		require.NoError(t, err, "exactly as many as may be")
		got, err := read(bytes.NewReader(document), Limits{Bytes: int64(len(document)) / 2})
		requireCode(t, CodeTooLarge, err)
		assert.InDelta(t, 500, len(got), 10)
	})
}

func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, fault.Unavailable, e.Kind)
	assert.Equal(t, code, e.Code, "%v", err)
}

func TestReadErrorsAreToldApart(t *testing.T) {
	document := generatedFeed(3, 3)
	broke := errors.New("connection reset")
	got, err := read(io.MultiReader(bytes.NewReader(document[:len(document)-20]), iotest.ErrReader(broke)), Limits{})
	assert.Len(t, got, 3)
	assert.ErrorIs(t, err, broke)
	requireCode(t, CodeUnreachable, err)

	_, err = read(io.MultiReader(bytes.NewReader(document), iotest.ErrReader(io.ErrUnexpectedEOF)), Limits{})
	requireCode(t, CodeCut, err)

	_, err = read(stuck{}, Limits{})
	assert.ErrorIs(t, err, io.ErrNoProgress)
}

// stuck reads nothing and reports nothing.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
