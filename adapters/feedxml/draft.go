package feedxml

import "github.com/marquee-events/marquee/core/catalogue"

// draft gathers the elements of one record. Text and fields go into two growing buffers that the
// next record uses again, so that a finished record costs three allocations however many zones it has.
type draft struct {
	text     []byte
	fields   []span
	elements []int // where in fields each element ends
	flaw     catalogue.Reason
	flawed   string // the field that it is about
	damaged  bool
}

// span is a field whose value is text[from:to].
type span struct {
	name     string
	from, to int
}

func (d *draft) reset() {
	d.text, d.fields, d.elements = d.text[:0], d.fields[:0], d.elements[:0]
	d.flaw, d.flawed, d.damaged = "", "", false
}

// element reads the attributes of the scanner's start tag.
func (d *draft) element(s *scanner, l Limits) error {
	for room := l.Attributes; ; room-- {
		attribute, quote, err := s.attribute()
		if err != nil {
			return err
		}
		if attribute == nil {
			d.elements = append(d.elements, len(d.fields))
			return nil
		}
		if room <= 0 {
			d.blame(catalogue.TooLarge, "")
			if _, _, err := s.value(nil, quote, 0); err != nil {
				return err
			}
			continue
		}
		from := len(d.text)
		text, w, err := s.value(d.text, quote, l.ValueBytes)
		if err != nil {
			return err
		}
		d.text = text
		d.fields = append(d.fields, span{attribute.field, from, len(text)})
		d.damaged = d.damaged || w.damaged || attribute.damaged
		if w.cut {
			d.blame(catalogue.TextTooLong, attribute.field)
		}
	}
}

// blame notes the first flaw; there is room for one.
func (d *draft) blame(flaw catalogue.Reason, field string) {
	if d.flaw == "" {
		d.flaw, d.flawed = flaw, field
	}
}

// size is about what the record costs in memory.
func (d *draft) size() int {
	return len(d.text) + len(d.fields)*fieldBytes + len(d.elements)*sliceBytes
}

const (
	fieldBytes = 32
	sliceBytes = 24
)

// finish gives the fields of each element memory of their own, in one piece.
func (d *draft) finish() []catalogue.Fields {
	text := string(d.text)
	fields := make(catalogue.Fields, len(d.fields))
	for i, f := range d.fields {
		fields[i] = catalogue.Field{Name: f.name, Value: text[f.from:f.to]}
	}
	elements := make([]catalogue.Fields, len(d.elements))
	from := 0
	for i, to := range d.elements {
		elements[i] = fields[from:to:to]
		from = to
	}
	return elements
}
