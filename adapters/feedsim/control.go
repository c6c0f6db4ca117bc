package feedsim

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"text/tabwriter"
)

// What is asked of a Moody over HTTP, and told. It is text, for people; the first line is enough for scripts.

const (
	moodPath = "/misbehaviours"
	ways     = "GET " + moodPath + " lists them, PUT " + moodPath + "/{name}?times=3 has the provider misbehave, DELETE " + moodPath + " has it behave again"
)

func (m *Moody) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/", m.serveFeed)
	mux.Handle(movedPath+"/", m.feed)
	mux.HandleFunc(loopPath+"/", sendRound)
	mux.HandleFunc("GET "+moodPath, m.list)
	mux.HandleFunc("DELETE "+moodPath, func(w http.ResponseWriter, _ *http.Request) {
		m.Behave()
		tell(w, m.state()+"\n")
	})
	mux.HandleFunc("PUT "+moodPath+"/{name}", m.change)
	otherwise := func(allow string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", allow)
			http.Error(w, ways, http.StatusMethodNotAllowed)
		}
	}
	mux.HandleFunc(moodPath, otherwise("GET, HEAD, DELETE"))
	mux.HandleFunc(moodPath+"/{name}", otherwise("PUT"))
	return mux
}

func (m *Moody) list(w http.ResponseWriter, _ *http.Request) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s\n\n%s.\nA single answer misbehaves for the parameter %s=name on the feed's URL.\n\n", m.state(), ways, requested)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, c := range conducts {
		fmt.Fprintf(table, "%s\t%s\n", c.Misbehaviour, c.description)
	}
	_ = table.Flush() // into memory
	tell(w, text.String())
}

func (m *Moody) change(w http.ResponseWriter, r *http.Request) {
	how := Misbehaviour(r.PathValue("name"))
	if _, known := how.conduct(); !known {
		http.Error(w, unknown(how).Error(), http.StatusNotFound)
		return
	}
	times, err := timesOf(r)
	if err == nil {
		err = m.Misbehave(how, times)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	tell(w, m.state()+"\n")
}

// timesOf reads the one parameter that there is. A misspelt one is refused: it would mean for ever.
func timesOf(r *http.Request) (int, error) {
	const name = "times"
	query := r.URL.Query()
	for other := range query {
		if other != name {
			return 0, fmt.Errorf("there is no parameter %.64q; %s=3 is for the next three fetches", other, name)
		}
	}
	if !query.Has(name) {
		return 0, nil
	}
	times, err := strconv.Atoi(query.Get(name))
	if err != nil || len(query[name]) > 1 {
		return 0, fmt.Errorf("%s: %.64q is no number; 1 to %d would be right, or 0 for until told otherwise", name, query[name], MaxTimes)
	}
	return times, nil
}

// state says in one line what is in force.
func (m *Moody) state() string {
	how, times := m.Mood()
	switch {
	case how == "":
		return "behaves"
	case times == 0:
		return "misbehaves until told otherwise: " + string(how) + ", " + how.Description()
	case times == 1:
		return "misbehaves at the next fetch: " + string(how) + ", " + how.Description()
	}
	return fmt.Sprintf("misbehaves at the next %d fetches: %s, %s", times, how, how.Description())
}

func tell(w http.ResponseWriter, text string) {
	w.Header().Set("Cache-Control", "no-store")
	send(w, "text/plain; charset=utf-8", text)
}
