package feedxml

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Timeouts of a reading. A field that is zero has its default.
type Timeouts struct {
	Connect time.Duration // of one connection, name resolution included. Default 5 s. Only in NewTransport
	TLS     time.Duration // of one handshake. Default 5 s. Only in NewTransport
	Answer  time.Duration // from the request to the header of the final answer, redirects included. Default 30 s
	Idle    time.Duration // without a byte of the body while one is waited for. Default 30 s
	Total   time.Duration // of the reading, the time that each takes included. Default 15 min
}

func (t Timeouts) orDefaults() Timeouts {
	return Timeouts{
		Connect: cmp.Or(t.Connect, 5*time.Second),
		TLS:     cmp.Or(t.TLS, 5*time.Second),
		Answer:  cmp.Or(t.Answer, 30*time.Second),
		Idle:    cmp.Or(t.Idle, 30*time.Second),
		Total:   cmp.Or(t.Total, 15*time.Minute),
	}
}

// NewTransport makes the transport that a Feed has by default: proxies as the environment says, few
// idle connections, a bounded header, and nothing decompressed behind our back.
func NewTransport(t Timeouts) *http.Transport {
	t = t.orDefaults()
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: t.Connect}).DialContext,
		TLSHandshakeTimeout:    t.TLS,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if next.URL.Scheme != "http" && next.URL.Scheme != "https" {
		return fmt.Errorf("a redirect to the scheme %.20q", next.URL.Scheme)
	}
	if next.URL.Scheme == "http" && via[0].URL.Scheme == "https" {
		return fmt.Errorf("a redirect from https down to http")
	}
	return nil
}
