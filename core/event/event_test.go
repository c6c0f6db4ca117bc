package event_test

import (
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/event"
)

// derived are the facts that follow from the zones, which the fingerprint covers one by one.
var derived = map[string]bool{"Prices": true, "Capacity": true}

func listing() event.Listing {
	return event.Listing{
		Identity: event.Identity{Provider: "default", Base: "291", Event: "291"},
		Facts:    event.Facts{Title: "Camela en concierto", Start: event.MomentAt(1625079600, 7200), End: event.MomentAt(1625083200, 7200)},
		Zones:    []event.Zone{{ID: "40", Name: "Platea", Capacity: 243, Price: 20_0000, Numbered: true}, {ID: "38", Name: "Grada", Capacity: 100, Price: 15_0000}},
	}
}

// A field that someone adds and forgets in the fingerprint would never be stored once an event is known.
func TestTheFingerprintCoversEveryField(t *testing.T) {
	before := listing().Fingerprint()
	for i, f := range fieldsOf[event.Facts]() {
		if derived[f] {
			continue
		}
		t.Run("Facts."+f, func(t *testing.T) {
			l := listing()
			change(t, reflect.ValueOf(&l.Facts).Elem().Field(i))
			assert.NotEqual(t, before, l.Fingerprint())
		})
	}
	for i, f := range fieldsOf[event.Zone]() {
		t.Run("Zone."+f, func(t *testing.T) {
			for at := range listing().Zones {
				l := listing()
				change(t, reflect.ValueOf(&l.Zones[at]).Elem().Field(i))
				assert.NotEqual(t, before, l.Fingerprint(), "zone %d", at)
			}
		})
	}
	// One more field of a listing belongs either here or into the fingerprint.
	assert.Equal(t, []string{"Identity", "Facts", "Zones"}, fieldsOf[event.Listing]())
}

func fieldsOf[T any]() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		names = append(names, f.Name)
	}
	return names
}

func change(t *testing.T, v reflect.Value) {
	t.Helper()
	if _, ok := reflect.TypeAssert[event.Moment](v); ok {
		v.Set(reflect.ValueOf(event.MomentAt(1, 0)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "!")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int64:
		v.SetInt(v.Int() + 1)
	default:
		t.Fatalf("nobody knows how to change a %s; teach this test", v.Type())
	}
}

func TestTheFingerprint(t *testing.T) {
	changed := func(c func(*event.Listing)) event.Fingerprint {
		l := listing()
		c(&l)
		return l.Fingerprint()
	}
	same := listing().Fingerprint()
	assert.Equal(t, same, listing().Fingerprint(), "equal listings")
	long := func(l *event.Listing) { l.Facts.Title = strings.Repeat("a", 10_000) }
	first, second := changed(long), changed(long)
	assert.Equal(t, first, second, "equal long listings")

	for name, c := range map[string]func(*event.Listing){
		"text moves into the next field": func(l *event.Listing) { l.Facts.Title, l.Facts.Organizer = "Camela en", " concierto" },
		"the same instant, another wall clock": func(l *event.Listing) {
			l.Facts.Start = event.MomentAt(l.Facts.Start.Unix(), 3600)
		},
		"an unknown time becomes 1970":      func(l *event.Listing) { l.Facts.SaleStart = event.MomentAt(0, 0) },
		"a time moves to another fact":      func(l *event.Listing) { l.Facts.SaleStart, l.Facts.End = l.Facts.End, l.Facts.SaleStart },
		"zones change places":               func(l *event.Listing) { l.Zones[0], l.Zones[1] = l.Zones[1], l.Zones[0] },
		"a zone comes":                      func(l *event.Listing) { l.Zones = append(l.Zones, event.Zone{}) },
		"a zone comes twice":                func(l *event.Listing) { l.Zones = append(l.Zones, l.Zones[1]) },
		"a zone goes":                       func(l *event.Listing) { l.Zones = l.Zones[:1] },
		"capacity moves between two zones":  func(l *event.Listing) { l.Zones[0].Capacity--; l.Zones[1].Capacity++ },
		"text moves from a zone's id to it": func(l *event.Listing) { l.Zones[0].ID, l.Zones[0].Name = "4", "0Platea" },
	} {
		assert.NotEqual(t, same, changed(c), name)
	}
}

// The fingerprints in a store have to hold after an update of this program: another one would make every
// event of every provider a change.
func TestTheFingerprintStaysTheSame(t *testing.T) {
	got := listing().Fingerprint()
	require.Equal(t, "79fae1d2cc2b1dbe860bf55e9df6b7e5", hex.EncodeToString(got[:]))
}
