package feedxml

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
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

// Transport carries the requests of a Feed. It keeps redirects inside of the bounds that redirect.go tells.
type Transport struct {
	first  *http.Transport // for requests that were configured, and what follows on them inside of a private network
	strict *http.Transport // for what a public address redirects to
	proxy  func(*http.Request) (*url.URL, error)
	public func(netip.Addr) bool
}

// NewTransport makes the transport that a Feed has by default: proxies as the environment says, few
// idle connections, a bounded header, and nothing decompressed behind our back.
func NewTransport(t Timeouts) *Transport { return newGuard(t, net.DefaultResolver) }

func newGuard(t Timeouts, names *net.Resolver) *Transport {
	t = t.orDefaults()
	transport := &Transport{proxy: http.ProxyFromEnvironment, public: isPublic}
	transport.first = newTransport(t, &net.Dialer{Timeout: t.Connect, Resolver: names})
	transport.first.Proxy = func(r *http.Request) (*url.URL, error) { return transport.proxy(r) }
	// Without proxies: RoundTrip gives it nothing that goes through one.
	transport.strict = newTransport(t, &net.Dialer{Timeout: t.Connect, Resolver: names, ControlContext: transport.checkDial})
	return transport
}

func newTransport(t Timeouts, dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
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

// CloseIdleConnections closes those that no request uses at the moment.
func (t *Transport) CloseIdleConnections() {
	t.first.CloseIdleConnections()
	t.strict.CloseIdleConnections()
}
