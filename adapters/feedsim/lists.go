package feedsim

import (
	"bytes"
	"hash/fnv"
	"io"
	"net/http"
)

// Lists that arrive whole, and are not what they should be.

func behindTheFeed(text string) func(*Moody, http.ResponseWriter, *http.Request) {
	return func(m *Moody, w http.ResponseWriter, r *http.Request) {
		m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
			return &scissors{each: func(part []byte, is piece) error {
				_, err := out.Write(part)
				if is == afterAll && err == nil {
					_, err = io.WriteString(out, text)
				}
				return err
			}}
		})
	}
}

// repeated sends each base event as often as is said.
func (m *Moody) repeated(w http.ResponseWriter, r *http.Request, times func(base []byte) int) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return &scissors{each: func(text []byte, is piece) error {
			n := 1
			if is == wholeBase {
				n = times(text)
			}
			_, err := out.Write(bytes.Repeat(text, n))
			return err
		}}
	})
}

func (m *Moody) emptyList(w http.ResponseWriter, r *http.Request) {
	m.repeated(w, r, func([]byte) int { return 0 })
}

func (m *Moody) everyEventTwice(w http.ResponseWriter, r *http.Request) {
	m.repeated(w, r, func([]byte) int { return 2 })
}

// halfGone goes by the base event's id, so that the same ones are missing however the feed moves on.
func (m *Moody) halfGone(w http.ResponseWriter, r *http.Request) {
	m.repeated(w, r, func(base []byte) int {
		h := fnv.New64a()
		_, _ = h.Write(idOf(base)) // never an error
		return int(chance(h.Sum64()).about(ofAbsence).below(2))
	})
}

// idOf is the value of the base event's id.
func idOf(base []byte) []byte {
	_, behind, _ := bytes.Cut(base, []byte(`_id="`))
	id, _, _ := bytes.Cut(behind, []byte(`"`))
	return id
}

func (m *Moody) malformedRecords(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return &scissors{each: (&inserting{out: out, records: malformed()}).piece}
	})
}

// inserting puts records between the base events of a document, one behind each, and those that are left at its end.
type inserting struct {
	out     io.Writer
	dialect Dialect
	records []MalformedRecord // still to come
}

func (i *inserting) piece(text []byte, is piece) error {
	if is == wholeBase {
		if _, err := i.out.Write(text); err != nil {
			return err
		}
		return i.insert(min(1, len(i.records)))
	}
	if bytes.Contains(text, []byte("<"+vocabularies[PlanList].root)) {
		i.dialect = PlanList
	}
	end := bytes.Index(text, outputEnds)
	if end < 0 { // there is more to come, or there is no place
		_, err := i.out.Write(text)
		return err
	}
	if _, err := i.out.Write(text[:end]); err != nil {
		return err
	}
	if err := i.insert(len(i.records)); err != nil {
		return err
	}
	_, err := i.out.Write(text[end:])
	return err
}

func (i *inserting) insert(n int) error {
	for _, record := range i.records[:n] {
		if _, err := io.WriteString(i.out, "\n    "+record.in(i.dialect)); err != nil {
			return err
		}
	}
	i.records = i.records[n:]
	return nil
}
