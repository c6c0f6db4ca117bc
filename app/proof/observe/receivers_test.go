package observe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/marquee-events/marquee/tools/panelstest"
)

const (
	slackPath     = "/services/T0/B0/secret"
	teamsPath     = "/workflows/teams"
	heartbeatPath = "/heartbeat"
)

// receivers stand in for Slack, Microsoft Teams and who hears of the Watchdog. What reaches them is checked as it comes.
type receivers struct {
	*httptest.Server
	t *testing.T

	refused atomic.Bool // Teams takes nothing

	mu       sync.Mutex
	told     map[string]int // "firing Name" and "resolved Name", by who was told
	beats    int
	problems []string
	kept     []panelstest.Message // what was sent to Slack, as it was sent
}

func newReceivers(t *testing.T) *receivers {
	t.Helper()
	r := &receivers{t: t, told: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+slackPath, r.keep(r.slack))
	mux.HandleFunc("POST "+teamsPath, r.teams)
	mux.HandleFunc("POST "+heartbeatPath, r.heartbeat)
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

// message is what people read, whatever program shows it.
type message struct{ title, text, link string }

// note checks a message and takes note of it. All that a person woken at night needs has to be in it.
func (r *receivers) note(who string, m message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind, rest, _ := strings.Cut(m.title, ": ")
	name, _, _ := strings.Cut(rest, " ")
	state := map[string]string{"PAGE": "firing", "Ticket": "firing", "Resolved": "resolved"}[kind]
	wrong := func(format string, args ...any) {
		r.problems = append(r.problems, fmt.Sprintf("%s, %q: ", who, m.title)+fmt.Sprintf(format, args...))
	}
	if state == "" || name == "" {
		wrong("the title says neither what it is nor of what")
		return
	}
	for _, part := range []string{
		"/docs/operations/runbook.md#" + strings.ToLower(name), "http://localhost:3000/d/marquee-", "/graph?g0.expr=", "since 20", " UTC",
	} {
		if !strings.Contains(m.text, part) {
			wrong("the text has no %q: %s", part, m.text)
		}
	}
	for _, leak := range []string{"<no value>", "{{", "%!", "&lt;", "&#"} {
		if strings.Contains(m.title+m.text+m.link, leak) {
			wrong("it has %q: %s", leak, m.text)
		}
	}
	if m.link != "" && !strings.HasPrefix(m.link, "http://localhost:3000/d/marquee-") {
		wrong("its title leads to %q", m.link)
	}
	r.told[who+" "+state+" "+name]++
	for _, burn := range []string{"fast", "medium", "slow"} { // rules of one alert come in one message
		if strings.Contains(m.text, burn+" burn") {
			r.told[who+" "+state+" "+name+" "+burn]++
		}
	}
}

func (r *receivers) slack(w http.ResponseWriter, request *http.Request) {
	var body struct {
		Channel     string `json:"channel"`
		Attachments []struct {
			Title string `json:"title"`
			Link  string `json:"title_link"`
			Text  string `json:"text"`
			Color string `json:"color"`
		} `json:"attachments"`
	}
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil || len(body.Attachments) != 1 || !strings.HasPrefix(body.Channel, "#marquee-") {
		r.refuse(w, "Slack", err)
		return
	}
	a := body.Attachments[0]
	if a.Color == "" {
		r.refuse(w, "Slack", fmt.Errorf("%q has no colour", a.Title))
		return
	}
	r.note("Slack", message{a.Title, a.Text, a.Link})
	_, _ = w.Write([]byte("ok"))
}

func (r *receivers) teams(w http.ResponseWriter, request *http.Request) {
	if r.refused.Load() {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var body struct {
		Attachments []struct {
			ContentType string `json:"contentType"`
			Content     struct {
				Type string `json:"type"`
				Body []struct {
					Text string `json:"text"`
				} `json:"body"`
			} `json:"content"`
		} `json:"attachments"`
	}
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil || len(body.Attachments) != 1 || len(body.Attachments[0].Content.Body) < 2 || body.Attachments[0].Content.Type != "AdaptiveCard" {
		r.refuse(w, "Teams", err)
		return
	}
	blocks := body.Attachments[0].Content.Body
	r.note("Teams", message{blocks[0].Text, blocks[1].Text, ""})
	w.WriteHeader(http.StatusAccepted)
}

func (r *receivers) heartbeat(_ http.ResponseWriter, request *http.Request) {
	var body struct {
		CommonLabels map[string]string `json:"commonLabels"`
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil || body.CommonLabels["alertname"] != "Watchdog" {
		r.problems = append(r.problems, fmt.Sprintf("the heartbeat has %v, error %v", body.CommonLabels, err))
	}
	r.beats++
}

func (r *receivers) refuse(w http.ResponseWriter, who string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf("%s got what it cannot read: %v", who, err))
	w.WriteHeader(http.StatusBadRequest)
}

// heard is how often both were told of a state of an alert or of one of its rules, or Slack alone while Teams takes nothing.
func (r *receivers) heard(state, name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused.Load() {
		return r.told["Slack "+state+" "+name]
	}
	return min(r.told["Slack "+state+" "+name], r.told["Teams "+state+" "+name])
}

func (r *receivers) heartbeats() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.beats
}

// wrong is what is wrong with any message so far.
func (r *receivers) wrong() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problems
}
