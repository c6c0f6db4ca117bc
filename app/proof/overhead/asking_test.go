package overhead

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connections are those to each process. They stay.
const connections = 4

// question is the nth one. The same number is the same question, whoever is asked.
func question(n int) string {
	day := firstDay.AddDate(0, 0, n%7*4)
	from, to := day, day.Add(24*time.Hour)
	if *rare > 0 && n%*rare == *rare-1 { // nobody asked for just these seconds
		from = firstDay.AddDate(0, 0, n / *rare % days).Add(-time.Duration(n / *rare + 1) * time.Second)
		to = from.Add(24 * time.Hour)
	}
	q := url.Values{"starts_at": {from.Format(time.RFC3339)}, "ends_at": {to.Format(time.RFC3339)}}
	return "/search?" + q.Encode()
}

// asker asks one process.
type asker struct {
	t      *testing.T
	base   string
	client *http.Client
	next   int // question
}

func newAsker(t *testing.T, base string) *asker {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	t.Cleanup(transport.CloseIdleConnections)
	return &asker{t: t, base: base, client: &http.Client{Transport: transport, Timeout: time.Minute}}
}

// answer is what a question is answered with, compressed as browsers ask for it.
func (a *asker) answer(path string) ([]byte, error) {
	return a.get(path, "gzip")
}

// read is what is there, as it is.
func (a *asker) read(path string) ([]byte, error) {
	return a.get(path, "identity")
}

func (a *asker) get(path, encoding string) ([]byte, error) {
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", encoding)
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s is answered with %d: %.200s", path, answer.StatusCode, body)
	}
	return body, err
}

// ask asks the next so many questions, evenly over time, and returns once all are answered.
func (a *asker) ask(questions int) {
	a.t.Helper()
	due := make(chan int)
	var asking sync.WaitGroup
	for range connections {
		asking.Go(func() {
			for n := range due {
				_, err := a.answer(question(n))
				assert.NoError(a.t, err)
			}
		})
	}
	pace := time.NewTicker(time.Second / time.Duration(*rate))
	defer pace.Stop()
	for range questions {
		<-pace.C
		due <- a.next
		a.next++
	}
	close(due)
	asking.Wait()
	require.False(a.t, a.t.Failed())
}
