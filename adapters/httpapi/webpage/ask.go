package webpage

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// answer is what the API says.
type answer struct {
	status     int
	body       []byte
	problem    problem // of an error
	retryAfter string
	stale      bool // it is the last that is known
}

type problem struct{ Code, Message string }

// eventPage is what /events answers, as far as pages show it.
type eventPage struct {
	Page       int
	TotalRows  int `json:"totalRows"`
	TotalPages int `json:"totalPages"`
	Events     []listedEvent
}

type listedEvent struct {
	ID       string
	Title    string
	MinPrice *json.Number `json:"min_price"`
	MaxPrice *json.Number `json:"max_price"`
	StartsAt *time.Time   `json:"starts_at"`
	EndsAt   *time.Time   `json:"ends_at"`
	TimeZone string       `json:"time_zone"`

	SoldOut   bool `json:"sold_out"`
	Available bool
	Currency  string
	URL       string
	City      string
	Category  string
	Provider  string
}

// eventDetail is what /events/{id} answers.
type eventDetail struct {
	listedEvent
	StartsAtUTC  *time.Time `json:"starts_at_utc"`
	EndsAtUTC    *time.Time `json:"ends_at_utc"`
	BaseID       string     `json:"base_id"`
	EventID      string     `json:"event_id"`
	Organizer    string
	SellMode     string `json:"sell_mode"`
	Venue        string
	Capacity     int64
	SaleStartsAt *time.Time `json:"sale_starts_at"`
	SaleEndsAt   *time.Time `json:"sale_ends_at"`
	FirstSeen    time.Time  `json:"first_seen"`
	LastSeen     time.Time  `json:"last_seen"`
	Revision     int64
	Zones        []zone
	History      []step
	Complete     bool `json:"history_complete"`
}

type zone struct {
	ID, Name string
	Capacity int64
	Price    json.Number
	Numbered bool
}

type step struct {
	At        time.Time
	Kind      string
	Changes   []change
	Capacity  int64
	MinPrice  *json.Number `json:"min_price"`
	MaxPrice  *json.Number `json:"max_price"`
	SoldOut   bool         `json:"sold_out"`
	Available bool
}

type change struct {
	Field    string
	From, To any
}

// ask asks the API as a client would.
func (s *Site) ask(ctx context.Context, target string) answer {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return answer{status: http.StatusBadRequest}
	}
	w := &recorder{header: http.Header{}}
	s.api.ServeHTTP(w, r)
	a := answer{
		status: w.status, body: w.body.Bytes(), retryAfter: w.header.Get("Retry-After"),
		stale: strings.Contains(w.header.Get("Cache-Status"), "fwd-status=503"),
	}
	if a.status != http.StatusOK {
		var envelope struct{ Error problem }
		if json.Unmarshal(a.body, &envelope) == nil {
			a.problem = envelope.Error
		}
	}
	return a
}

func decode[T any](a answer) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// recorder takes an answer that goes nowhere.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// request is what was asked of the API, for who wants to ask it himself.
type request struct {
	Target string // as a link
	Curl   string // as a line for a shell
}

// plainOrigin is one that means nothing to a shell.
var plainOrigin = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+$`)

func newRequest(origin, target string) request {
	if !plainOrigin.MatchString(origin) {
		origin = ""
	}
	return request{Target: target, Curl: "curl '" + origin + target + "'"}
}
