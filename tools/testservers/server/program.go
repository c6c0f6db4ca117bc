package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Program is a program that answers HTTP, of this project or of somebody else.
type Program struct {
	Name string
	Env  []string // beside this process's own, as KEY=value
	// Command is how it is started to listen at the address, with a folder to keep its data in.
	Command func(address, dir string) []string
	// Ready is the path that is answered with 200 once it is.
	Ready string
}

// StartProgram starts a program and returns once it is ready. It is like a server of the test's own: it can be killed and
// started again at the same address, and it ends with the test whichever way that ends.
func StartProgram(tb testing.TB, o Program) *Instance {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), arrival)
	defer cancel()
	p, err := newProcess(strings.ToLower(o.Name))
	if err != nil {
		tb.Fatal(err)
	}
	p.env, p.stopSignal = o.Env, syscall.SIGTERM
	p.command = func(port int) []string { return o.Command(fmt.Sprintf("127.0.0.1:%d", port), p.dir) }
	s := &server{name: o.Name, at: p, answers: func(ctx context.Context, s *server) error { return ready(ctx, s.url+o.Ready) }}
	if s, err = s.launch(ctx, func(address string) string { return "http://" + address }); err != nil {
		tb.Fatal(err)
	}
	i := &Instance{tb: tb, server: s}
	tb.Cleanup(func() { i.do("end", s.at.end) })
	return i
}

func ready(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // there may be another behind the port the next time
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

// FreeAddress is an address of this machine that systems do not give away by themselves, so that it stays free while a program
// that listens there is down.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	port, err := freePort(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
