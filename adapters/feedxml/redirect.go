package feedxml

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
)

// A feed on the internet must not be able to send us to the inside of our own network: once a request of an attempt was
// answered from a public address, all that follow have to go to public ones. A source that is itself configured on a private
// address may redirect to others of these. What counts is the address of the connection and not the name, so a
// name that resolves to something else a moment later changes nothing.

// misdirected is the error of a redirect that is not followed.
type misdirected string

func (m misdirected) Error() string { return string(m) }

// itinerary is what the requests of one attempt know of those before them.
type itinerary struct {
	public atomic.Bool // one of them was answered from a public address
}

type itineraryKey struct{}

func withItinerary(ctx context.Context) context.Context {
	return context.WithValue(ctx, itineraryKey{}, new(itinerary))
}

// checkRedirect is the part that needs no address. It also takes away the Referer, which would tell the next host
// the query of this URL, and so a key that stands there.
func checkRedirect(next *http.Request, via []*http.Request) error {
	next.Header.Del("Referer")
	if len(via) > maxRedirects {
		return misdirected(fmt.Sprintf("more than %d redirects", maxRedirects))
	}
	if next.URL.Scheme != "http" && next.URL.Scheme != "https" {
		return misdirected(fmt.Sprintf("a redirect to the scheme %.20q", next.URL.Scheme))
	}
	if next.URL.Scheme == "http" && via[0].URL.Scheme == "https" {
		return misdirected("a redirect from https down to http")
	}
	return nil
}

// RoundTrip sends a request. One that follows on a public one uses connections of its own, each of
// which was opened under the eyes of checkDial.
//
// A proxy resolves names by itself, and its address says nothing. Behind one a name counts as public, and
// only addresses written out and the names of this machine are found out; keep the proxy from
// the inside of your network.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	journey, ok := r.Context().Value(itineraryKey{}).(*itinerary)
	if !ok {
		return t.first.RoundTrip(r)
	}
	proxy, err := t.proxy(r)
	if err != nil {
		return nil, err
	}
	if proxy != nil {
		public := t.looksPublic(r.URL.Hostname())
		if journey.public.Load() && !public {
			return nil, misdirected("a redirect from a public address to one that is not")
		}
		journey.public.Store(public)
		return t.first.RoundTrip(r)
	}
	if journey.public.Load() {
		return t.strict.RoundTrip(r)
	}
	var inside atomic.Bool // the connection is known to lead to a private address
	answer, err := t.first.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			tcp, ok := got.Conn.RemoteAddr().(*net.TCPAddr)
			inside.Store(ok && !t.public(tcp.AddrPort().Addr()))
		},
	})))
	journey.public.Store(!inside.Load())
	return answer, err
}

func (t *Transport) looksPublic(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return t.public(a)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == "", last == "localhost":
		return false
	case '0' <= last[0] && last[0] <= '9':
		return false // 127.1, 2130706433, 0x7f.1: some resolvers take them for addresses, and no domain looks so
	}
	return true
}

// checkDial is asked between the resolution of a name and the connection.
func (t *Transport) checkDial(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return misdirected("a redirect to what is no address")
	}
	if !t.public(to.Addr()) {
		return misdirected("a redirect from a public address to one that is not")
	}
	return nil
}
