package searchcost

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// start starts the service, and net/http which answers like it.
func start(t *testing.T, size, long int) (service, floor *prooftest.Accounted) {
	t.Helper()
	service = prooftest.StartAccounted(t, orders{Events: size, Long: long, Environ: []string{
		"MARQUEE_DATA_DIR=" + t.TempDir(), "MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0",
		// All requests are from one address, whose limit is as strict as any other and never reached.
		"MARQUEE_RATE_LIMIT_RPS=1000000", "MARQUEE_RATE_LIMIT_BURST=1000000",
	}})
	awaitIndex(t, service.Admin)
	return service, prooftest.StartAccounted(t, orders{Like: service.API})
}

// awaitIndex waits until searches are answered from memory.
func awaitIndex(t *testing.T, admin string) {
	t.Helper()
	client := &http.Client{Timeout: prooftest.Patience}
	defer client.CloseIdleConnections()
	prooftest.Until(t, "searches are answered from memory", func() bool {
		_, metrics, err := get(client, admin+"/metrics")
		return err == nil && strings.Contains(string(metrics), `marquee_index_phase{phase="following"} 1`)
	})
}

func TestBothAnswerTheSame(t *testing.T) {
	const size, long = 20_000, 50
	service, floor := start(t, size, long)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: prooftest.Patience}
	defer client.CloseIdleConnections()
	for n := range learned {
		want, wanted, err := get(client, service.API+toLearn(n))
		require.NoError(t, err)
		got, given, err := get(client, floor.API)
		require.NoError(t, err)
		require.Equal(t, string(wanted), string(given))
		for _, differs := range []string{"Date", "X-Request-Id", "Cache-Status", "Ratelimit-Remaining", "Ratelimit-Reset"} {
			require.Equal(t, want.Values(differs) == nil, got.Values(differs) == nil, differs)
			want.Del(differs)
			got.Del(differs)
		}
		require.Equal(t, want, got)
	}
	const some = 40
	same := newAsker(t, floor.API).ask(learned, mixed)
	assert.Equal(t, same, newAsker(t, service.API).ask(learned, toLearn), "what is sent in a turn")
	p := newProgramme(size, long)
	for n := range some {
		isRight(t, client, service.API, p, mixed(n))
		isRight(t, client, service.API, p, wide(1)(n))
		isRight(t, client, service.API, p, wide(size/20/2)(n))
	}
}

// isRight compares an answer with what looking at all events finds.
func isRight(t *testing.T, client *http.Client, base string, p *programme, path string) {
	t.Helper()
	header, body, err := get(client, base+path)
	require.NoError(t, err)
	require.NotContains(t, header.Get("Cache-Status"), "hit", "nobody asked that before")
	var got struct {
		Page      int
		TotalRows int
		Events    []struct{ ID string }
	}
	require.NoError(t, json.Unmarshal(body, &got))
	var from, to string
	var page int
	_, err = fmt.Sscanf(strings.NewReplacer("&", " ", "=", " ", "?", " ").Replace(path), "/events starts_at %s ends_at %s page %d", &from, &to, &page)
	require.NoError(t, err)
	var all []string
	for i := range p.size {
		if e := p.event(i); e.Facts.Start.Time().UTC().Format(time.RFC3339) >= from && e.Facts.End.Time().UTC().Format(time.RFC3339) <= to {
			all = append(all, e.ID.String())
		}
	}
	require.Equal(t, len(all), got.TotalRows, path)
	require.Len(t, got.Events, 20, path)
	for i, e := range got.Events {
		require.Equal(t, all[(page-1)*20+i], e.ID, path)
	}
}

// side is a kind of question to one of the processes.
type side struct {
	name string
	*prooftest.Accounted
	*asker
	question question

	each []float64 // microseconds on a processor for a request, in each round
	size int64     // of all bodies
}

func TestSearchCost(t *testing.T) {
	if !*judge {
		t.Skip("a measurement, of minutes: make proof-search-cost")
	}
	const deep = 10_000
	require.GreaterOrEqual(t, *events, deep*21, "page %d has to be there", deep)
	service, floor := start(t, *events, *long)
	sides := []*side{
		{name: "net/http", Accounted: floor, question: mixed},
		{name: "a day to a year", Accounted: service, question: mixed},
		{name: "everything, page 1", Accounted: service, question: wide(1)},
		{name: fmt.Sprintf("everything, page %d", deep), Accounted: service, question: wide(deep)},
	}
	for _, s := range sides {
		s.asker = newAsker(t, s.API)
		s.ask(*requests, s.question) // what is made once is made
	}
	measure(sides)
	show(os.Stdout, sides)
	takeProfile(t, sides[1])
	assert.LessOrEqual(t, median(ratios(sides[1], sides[0])), overFloor, "times the processor time of net/http")
	assert.LessOrEqual(t, median(ratios(sides[3], sides[2])), overFirst, "times the processor time of the first page")
	assert.InEpsilon(t, sides[0].size, sides[1].size, 0.01, "both send as much")
}

// In each round a side has so many turns, so that whatever else goes on at this machine meets all of them.
const turns = 8

// measure accounts for each round. Turns go forth and back, so that none always comes after the same other.
func measure(sides []*side) {
	order := slices.Clone(sides)
	for range *rounds {
		took := map[*side]time.Duration{}
		for range turns {
			for _, s := range order {
				before := s.Account()
				s.size += s.ask(*requests/turns, s.question)
				took[s] += s.Account() - before
			}
			slices.Reverse(order)
		}
		for s, cpu := range took {
			s.each = append(s.each, float64(cpu)/1e3/float64(*requests/turns*turns))
		}
	}
}

func show(w io.Writer, sides []*side) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d events, one in %d for weeks, %d rounds of %d requests\tbytes\tCPU µs a request: min\tmedian\tmax\ttimes\tmin\tmedian\tmax\t\n", *events, *long, *rounds, *requests)
	for i, s := range sides {
		fmt.Fprintf(table, "%s\t%d\t%.1f\t%.1f\t%.1f\t", s.name, s.size/int64(*rounds*(*requests/turns)*turns), slices.Min(s.each), median(s.each), slices.Max(s.each))
		base := sides[0]
		if i == len(sides)-1 {
			base = sides[i-1]
		}
		times := ratios(s, base)
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t\n", base.name, slices.Min(times), median(times), slices.Max(times))
	}
	table.Flush()
	fmt.Fprintf(w, "promised: a search at most %.1f times net/http, and the deep page %.1f times the first\n", overFloor, overFirst)
}

// ratios are, for each round, how many times what the other took a side took.
func ratios(s, of *side) (times []float64) {
	for round, micros := range s.each {
		times = append(times, micros/of.each[round])
	}
	return times
}

func median(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

// takeProfile profiles a side while it is asked, if somebody wants to look.
func takeProfile(t *testing.T, s *side) {
	t.Helper()
	if *profiles == "" {
		return
	}
	client := &http.Client{Timeout: prooftest.Patience}
	defer client.CloseIdleConnections()
	taken := make(chan []byte)
	go func() {
		_, profile, err := get(client, s.Admin+"/debug/pprof/profile?seconds=8")
		assert.NoError(t, err)
		taken <- profile
	}()
	for {
		s.ask(*requests, s.question)
		select {
		case profile := <-taken:
			require.NoError(t, os.WriteFile(filepath.Join(*profiles, "search.pprof"), profile, 0o600))
			return
		default:
		}
	}
}
