package feedsim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

func TestControl(t *testing.T) {
	feed, _ := stillFeed(t, feedsim.Options{Events: 10})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	for n, step := range []struct {
		method, path string
		status       int
		says         string // the first line
		then         feedsim.Misbehaviour
		times        int
	}{
		{http.MethodGet, "/misbehaviours", 200, "behaves", "", 0},
		{http.MethodPut, "/misbehaviours/json?times=3", 200, "misbehaves at the next 3 fetches: json, sends JSON with status 200", "json", 3},
		{http.MethodGet, "/misbehaviours", 200, "misbehaves at the next 3 fetches: json, sends JSON with status 200", "json", 3},
		{http.MethodPut, "/misbehaviours/html?times=1", 200, "misbehaves at the next fetch: html, sends a web page with status 200", "html", 1},
		{http.MethodPut, "/misbehaviours/html", 200, "misbehaves until told otherwise: html, sends a web page with status 200", "html", 0},
		{http.MethodPut, "/misbehaviours/rude", 404, `there is no misbehaviour "rude"; known are server_error, unavailable,`, "html", 0},
		{http.MethodPut, "/misbehaviours/json?times=few", 400, `times: ["few"] is no number; 1 to 1000000 would be right, or 0 for until told otherwise`, "html", 0},
		{http.MethodPut, "/misbehaviours/json?times=", 400, `times: [""] is no number`, "html", 0},
		{http.MethodPut, "/misbehaviours/json?times=-1", 400, "times: -1 is not from 1 to 1000000, nor 0 for until told otherwise", "html", 0},
		{http.MethodPut, "/misbehaviours/json?times=1000001", 400, "times: 1000001 is not from 1 to 1000000", "html", 0},
		{http.MethodPut, "/misbehaviours/json?times=1&times=2", 400, `times: ["1" "2"] is no number`, "html", 0},
		{http.MethodPut, "/misbehaviours/json?time=3", 400, `there is no parameter "time"; times=3 is for the next three fetches`, "html", 0},
		{http.MethodPost, "/misbehaviours", 405, "GET /misbehaviours lists them, PUT /misbehaviours/{name}", "html", 0},
		{http.MethodDelete, "/misbehaviours/html", 405, "GET /misbehaviours lists them, PUT /misbehaviours/{name}", "html", 0},
		{http.MethodDelete, "/misbehaviours", 200, "behaves", "", 0},
		{http.MethodGet, "/feed.xml?misbehave=rude", 400, `misbehave: there is no misbehaviour "rude"; known are`, "", 0},
	} {
		r := m.do(step.method, step.path)
		line, _, _ := strings.Cut(string(r.body), "\n")
		if r.err != nil || r.status != step.status || !strings.HasPrefix(line, step.says) {
			t.Errorf("step %d, %s %s: %s", n, step.method, step.path, r)
		}
		if contentType := r.header.Get("Content-Type"); contentType != "text/plain; charset=utf-8" {
			t.Errorf("step %d: a %s", n, contentType)
		}
		if how, times := m.Mood(); how != step.then || times != step.times {
			t.Errorf("step %d, %s %s: then %q for %d", n, step.method, step.path, how, times)
		}
	}
	if r := m.do(http.MethodPatch, "/misbehaviours"); r.header.Get("Allow") != "GET, HEAD, DELETE" {
		t.Errorf("Allow: %q", r.header.Get("Allow"))
	}
}

func TestTheListHasThemAll(t *testing.T) {
	feed, _ := stillFeed(t, feedsim.Options{Events: 10})
	list := string(newMoody(t, feed, feedsim.MoodyOptions{}).do(http.MethodGet, "/misbehaviours").body)
	for _, how := range feedsim.Misbehaviours() {
		if !strings.Contains(list, "\n"+string(how)+" ") || !strings.Contains(list, "  "+how.Description()+"\n") {
			t.Errorf("%s is not told in\n%s", how, list)
		}
	}
}

func TestMisbehaveRefuses(t *testing.T) {
	m := feedsim.NewMoody(http.NotFoundHandler(), feedsim.MoodyOptions{})
	for _, c := range []struct {
		how   feedsim.Misbehaviour
		times int
		says  string
	}{
		{"rude", 1, `there is no misbehaviour "rude"`},
		{"", 1, `there is no misbehaviour ""`},
		{feedsim.JSON, -1, "times: -1 is not from 1"},
		{feedsim.JSON, feedsim.MaxTimes + 1, "times: 1000001 is not from 1"},
	} {
		if err := m.Misbehave(c.how, c.times); err == nil || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%q, %d times: %v", c.how, c.times, err)
		}
	}
	if how, _ := m.Mood(); how != "" {
		t.Errorf("it was refused, and is %q", how)
	}
	if feedsim.Misbehaviour("rude").Description() != "" {
		t.Error("what is not known has a description")
	}
}
