package httpapi

import (
	"encoding/binary"

	"github.com/marquee-events/marquee/core/catalogue"
)

// changesQuestion sets the cursors of /changes apart from those of /events.
var changesQuestion = []byte("changes")

// appendChangesCursor appends where in the log a reader is.
func appendChangesCursor(b []byte, v catalogue.Version) []byte {
	body := binary.AppendVarint(nil, v.Number)
	return sealed(b, binary.BigEndian.AppendUint64(body, v.Tag), changesQuestion)
}

// after reads where in the log a reader is: at the start unless it says so.
func (r *reading) after(value *string) catalogue.Version {
	const wanted = "a cursor of /changes; take it from next as it is, or leave it out to read from the start"
	given, ok := r.value("after", value, "a cursor that next was given as, or latest")
	if !ok || given == latest {
		return catalogue.Version{}
	}
	refuse := func() catalogue.Version {
		r.refuse("after", given, wanted)
		return catalogue.Version{}
	}
	body, ok := unsealed(given, changesQuestion)
	if !ok {
		return refuse()
	}
	number, size := binary.Varint(body)
	if size <= 0 || number < 0 || len(body) != size+8 {
		return refuse()
	}
	return catalogue.Version{Number: number, Tag: binary.BigEndian.Uint64(body[size:])}
}
