package feedxml

import (
	"io"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Decode reads a list from r, in whichever encoding it declares, and hands its records to each in order. It
// returns nil only when the whole document was read and is a list; otherwise the error of each, unchanged,
// or one of kind fault.Unavailable (fault.Canceled where r says so), after the records that came before it.
//
// A record is the callee's to keep. The strings of one record share memory, as do the Base fields of
// all events of one base event: clone a string that is to outlive its record, and write to none of the slices.
func Decode(r io.Reader, l Limits, each func(catalogue.Record) error) error {
	return decode(r, "", l, each)
}

// decode takes label, an encoding's name, for a document that declares none.
func decode(r io.Reader, label string, l Limits, each func(catalogue.Record) error) error {
	text, replaced, err := toUTF8(r, label)
	if err != nil {
		return err
	}
	l = l.orDefaults()
	d := decoder{scanner: newScanner(text, l.Bytes), limits: l, each: each}
	d.scanner.replaced = replaced
	return d.list()
}

// wantedRoots names the two dialects in errors.
const wantedRoots = "<eventList> or <planList>"

// The depth of each element of a list. The dialects differ in names only, and may be mixed.
const (
	rootDepth = iota + 1
	outputDepth
	baseDepth
	eventDepth
	zoneDepth
)

type decoder struct {
	scanner *scanner
	limits  Limits
	each    func(catalogue.Record) error

	output bool // an output element was seen
	// skipped is the depth of the element that is being skipped with all it holds; zero for none.
	skipped  int
	base     draft
	shared   catalogue.Fields // of the base, finished
	event    draft
	position int
}

func (d *decoder) list() error {
	for {
		token, err := d.scanner.next()
		if err != nil {
			return err
		}
		switch token {
		case startTag:
			err = d.begin(d.scanner.tag.local)
		case endTag:
			err = d.end(d.scanner.depth + 1)
		case endOfDocument:
			return d.complete()
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) begin(element string) error {
	depth := d.scanner.depth
	switch {
	case d.skipped > 0:
		return d.scanner.skipAttributes()
	case depth == zoneDepth && element == "zone":
		return d.zone()
	case depth == eventDepth && (element == "event" || element == "plan"):
		return d.beginEvent()
	case depth == baseDepth && (element == "base_event" || element == "base_plan"):
		return d.beginBase()
	case depth == outputDepth && element == "output":
		d.output = true
	case depth == rootDepth && element != "eventList" && element != "planList":
		return unavailable(CodeGarbled, "the feed begins with <%.40s>, not with %s", element, wantedRoots)
	case depth != rootDepth:
		d.skipped = depth
	}
	return d.scanner.skipAttributes()
}

func (d *decoder) end(depth int) error {
	switch {
	case d.skipped == depth:
		d.skipped = 0
	case d.skipped == 0 && depth == eventDepth:
		return d.handOver()
	}
	return nil
}

func (d *decoder) beginBase() error {
	d.base.reset()
	if err := d.base.element(d.scanner, d.limits); err != nil {
		return err
	}
	d.shared = d.base.finish()[0]
	return nil
}

func (d *decoder) beginEvent() error {
	if d.position == d.limits.Events {
		return unavailable(CodeTooLarge, "the feed has more than %d events", d.limits.Events)
	}
	d.position++
	d.event.reset()
	return d.event.element(d.scanner, d.limits)
}

func (d *decoder) zone() error {
	switch zones := len(d.event.elements) - 1; {
	case zones >= d.limits.Zones:
		d.event.blame(catalogue.TooManyZones, "")
	case d.event.size() >= d.limits.RecordBytes:
		d.event.blame(catalogue.TooLarge, "")
	default:
		return d.event.element(d.scanner, d.limits)
	}
	return d.scanner.skipAttributes()
}

func (d *decoder) handOver() error {
	d.event.blame(d.base.flaw, d.base.flawed)
	elements := d.event.finish()
	return d.each(catalogue.Record{
		Position:    d.position,
		Base:        d.shared,
		Event:       elements[0],
		Zones:       elements[1:],
		Flaw:        d.event.flaw,
		FlawedField: d.event.flawed,
		Damaged:     d.base.damaged || d.event.damaged,
	})
}

func (d *decoder) complete() error {
	switch {
	case !d.scanner.seen:
		return unavailable(CodeCut, "the feed is empty, there is no %s", wantedRoots)
	case !d.output:
		return unavailable(CodeGarbled, "the feed has no <output>, so it is no list of events")
	}
	return nil
}
