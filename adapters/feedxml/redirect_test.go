package feedxml

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
)

// In these tests 127.0.0.1 is a private address, and 127.0.0.2 and 127.0.0.3 are public ones.
const (
	inside    = "127.0.0.1"
	outside   = "127.0.0.2"
	elsewhere = "127.0.0.3"
)

func publicInTests(a netip.Addr) bool {
	return a.Unmap() == netip.MustParseAddr(outside) || a.Unmap() == netip.MustParseAddr(elsewhere)
}

// guarded is a feed that takes addresses for public as these tests do, with its transport.
func guarded(t *testing.T, names *net.Resolver) (*Feed, *Transport) {
	t.Helper()
	transport := newGuard(Timeouts{}, names)
	transport.public = publicInTests
	feed := New(Options{Transport: transport, Retries: once})
	t.Cleanup(feed.Close)
	return feed, transport
}

// serveAt serves on an address of this machine, ":0" for any port.
func serveAt(t *testing.T, address string, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("%s is not an address of this machine: %v", address, err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

func fetch(t *testing.T, feed *Feed, address string) error {
	t.Helper()
	_, err := feed.Fetch(t.Context(), catalogue.Source{ID: address, URL: address}, catalogue.Validators{}, ignore)
	return err
}

func TestWhereRedirectsMayLead(t *testing.T) {
	tests := map[string]struct {
		hops    []string // the addresses, in order; the last one has the feed
		refused bool
	}{
		"none":                                   {[]string{outside}, false},
		"none, inside":                           {[]string{inside}, false},
		"inside":                                 {[]string{inside, inside}, false},
		"from one public address to another":     {[]string{outside, elsewhere}, false},
		"to itself":                              {[]string{outside, outside, outside}, false},
		"from inside to a public one":            {[]string{inside, outside}, false},
		"from a public one to the inside":        {[]string{outside, inside}, true},
		"over another public one":                {[]string{outside, elsewhere, inside}, true},
		"out and in again":                       {[]string{inside, outside, inside}, true},
		"out, and in again only later":           {[]string{inside, inside, outside, elsewhere, inside}, true},
		"by a name of this machine":              {[]string{outside, "localhost"}, true},
		"by an IPv4 address in an IPv6 one":      {[]string{outside, "::ffff:127.0.0.1"}, true},
		"by the unspecified address":             {[]string{outside, "0.0.0.0"}, true},
		"by an IPv4 address in an IPv6 one, out": {[]string{outside, "::ffff:127.0.0.3"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			feed, _ := guarded(t, nil)
			var served atomic.Bool
			next := ""
			for i, hop := range slices.Backward(tt.hops) {
				handler := http.RedirectHandler(next, http.StatusFound).ServeHTTP
				if i == len(tt.hops)-1 {
					handler = func(w http.ResponseWriter, _ *http.Request) {
						served.Store(true)
						_, _ = w.Write(generatedFeed(1, 1))
					}
				}
				listenAt := hop
				switch hop {
				case "localhost", "::ffff:127.0.0.1", "0.0.0.0":
					listenAt = inside
				case "::ffff:127.0.0.3":
					listenAt = elsewhere
				}
				server := serveAt(t, listenAt+":0", handler)
				_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
				next = "http://" + net.JoinHostPort(hop, port) + "/"
			}
			err := fetch(t, feed, next)
			if tt.refused {
				requireCode(t, CodeMisdirected, err)
				assert.ErrorContains(t, err, "a redirect from a public address to one that is not")
				assert.False(t, served.Load(), "the refused address was asked")
				return
			}
			assert.NoError(t, err)
		})
	}
}

// A connection into the inside that another reading left in the pool must not carry what a stranger
// redirects to.
func TestAPooledConnectionDoesNotServeARedirect(t *testing.T) {
	feed, _ := guarded(t, nil)
	var asked atomic.Int32
	private := serveAt(t, inside+":0", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(generatedFeed(1, 1))
	})
	public := serveAt(t, outside+":0", http.RedirectHandler(private.URL, http.StatusFound).ServeHTTP)
	require.NoError(t, fetch(t, feed, private.URL))
	requireCode(t, CodeMisdirected, fetch(t, feed, public.URL))
	assert.EqualValues(t, 1, asked.Load(), "only the reading of the private source itself")
	require.NoError(t, fetch(t, feed, private.URL), "which goes on to be allowed")
}

func TestRedirectsOverHTTP2(t *testing.T) {
	feed, transport := guarded(t, nil)
	for _, one := range []*http.Transport{transport.first, transport.strict} {
		one.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	var protocol string
	private := serveTLS(t, inside, body(generatedFeed(1, 1)))
	other := serveTLS(t, elsewhere, body(generatedFeed(1, 1)))
	for target, refused := range map[string]bool{private: true, other: false} {
		public := serveTLS(t, outside, func(w http.ResponseWriter, r *http.Request) {
			protocol = r.Proto
			http.Redirect(w, r, target, http.StatusFound)
		})
		err := fetch(t, feed, public)
		assert.Equal(t, "HTTP/2.0", protocol)
		if refused {
			requireCode(t, CodeMisdirected, err)
		} else {
			assert.NoError(t, err)
		}
	}
}

func serveTLS(t *testing.T, address string, handler http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", address+":0")
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, EnableHTTP2: true, Config: &http.Server{Handler: handler}}
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return "https://" + listener.Addr().String()
}

// A name that leads to a public address when it is first asked for, and to a private one the next time.
func TestRebindingANameDoesNotLeadInside(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []string
		refused bool
	}{
		"the name stays":            {[]string{outside}, false},
		"it moves outside":          {[]string{outside, elsewhere}, false},
		"it moves to the inside":    {[]string{outside, inside}, true},
		"it is inside all along":    {[]string{inside}, false},
		"it moves out of the house": {[]string{inside, outside}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dns := serveNames(t, tt.answers...)
			feed, _ := guarded(t, dns.resolver())
			var redirected, askedInside atomic.Bool
			handler := func(w http.ResponseWriter, r *http.Request) {
				if !redirected.Swap(true) {
					w.Header().Set("Connection", "close") // so that the name is asked for again
					http.Redirect(w, r, "/again", http.StatusFound)
					return
				}
				if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && strings.HasPrefix(at.String(), inside) {
					askedInside.Store(true)
				}
				_, _ = w.Write(generatedFeed(1, 1))
			}
			// The port is the same everywhere, for it stays when the name's address changes.
			_, port, err := net.SplitHostPort(serveAt(t, inside+":0", handler).Listener.Addr().String())
			require.NoError(t, err)
			serveAt(t, outside+":"+port, handler)
			serveAt(t, elsewhere+":"+port, handler)

			err = fetch(t, feed, "http://provider.example:"+port+"/")
			if tt.refused {
				requireCode(t, CodeMisdirected, err)
				assert.False(t, askedInside.Load())
				assert.GreaterOrEqual(t, dns.asked(), 2)
				return
			}
			assert.NoError(t, err)
		})
	}
}

func TestRedirectsBehindAProxy(t *testing.T) {
	tests := map[string]struct {
		source, target string
		refused        bool
	}{
		"from a name to a name":               {"provider.example", "cdn.example", false},
		"from a private address to another":   {"10.0.0.5", "10.0.0.6", false},
		"from a public address to a name":     {outside, "cdn.example", false},
		"from a name to this machine":         {"provider.example", "localhost", true},
		"to this machine, by another name":    {"provider.example", "api.LOCALHOST.", true},
		"to a private address":                {"provider.example", "10.0.0.6", true},
		"from a public address to a private":  {outside, "10.0.0.6", true},
		"to a loopback address":               {"provider.example", "[::1]", true},
		"to an address in another form":       {"provider.example", "2130706433", true},
		"to a short form of an address":       {"provider.example", "127.1", true},
		"to a hexadecimal form of an address": {"provider.example", "0x7f.0.0.1", true},
		"to an address with a final dot":      {"provider.example", "127.0.0.1.", true},
		"to a name that begins with a digit":  {"provider.example", "1.cdn.example", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			feed, transport := guarded(t, nil)
			var hosts []string
			proxy := serveAt(t, inside+":0", func(w http.ResponseWriter, r *http.Request) {
				if hosts = append(hosts, r.URL.Host); len(hosts) == 1 {
					w.Header().Set("Location", "http://"+tt.target+"/")
					w.WriteHeader(http.StatusFound)
					return
				}
				_, _ = w.Write(generatedFeed(1, 1))
			})
			through, err := url.Parse(proxy.URL)
			require.NoError(t, err)
			transport.proxy = http.ProxyURL(through)
			err = fetch(t, feed, "http://"+tt.source+"/")
			if tt.refused {
				requireCode(t, CodeMisdirected, err)
				assert.Equal(t, []string{tt.source}, hosts)
				return
			}
			assert.NoError(t, err)
			assert.Equal(t, []string{tt.source, tt.target}, hosts)
		})
	}
	t.Run("from behind it to a direct connection", func(t *testing.T) {
		feed, transport := guarded(t, nil)
		private := serveAt(t, inside+":0", body(generatedFeed(1, 1)))
		proxy := serveAt(t, inside+":0", http.RedirectHandler(private.URL, http.StatusFound).ServeHTTP)
		through, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		transport.proxy = func(r *http.Request) (*url.URL, error) {
			if r.URL.Host == "provider.example" {
				return through, nil
			}
			return nil, nil
		}
		requireCode(t, CodeMisdirected, fetch(t, feed, "http://provider.example/"))
	})
	t.Run("a proxy that nobody understands", func(t *testing.T) {
		feed, transport := guarded(t, nil)
		transport.proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address") }
		requireCode(t, CodeUnreachable, fetch(t, feed, "http://provider.example/"))
	})
}

// What opens the feed to us is for the provider's own host.
func TestCredentialsStayWithTheProvider(t *testing.T) {
	var stranger http.Header
	other := serveAt(t, elsewhere+":0", func(w http.ResponseWriter, r *http.Request) {
		stranger = r.Header
		_, _ = w.Write(generatedFeed(1, 1))
	})
	var own []string
	provider := serveAt(t, outside+":0", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		own = append(own, r.URL.Path+" "+user+" "+password+r.Header.Get("Referer"))
		if r.URL.Path == "/feed" {
			http.Redirect(w, r, "/moved", http.StatusFound)
			return
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	feed, _ := guarded(t, nil)
	require.NoError(t, fetch(t, feed, strings.Replace(provider.URL, "http://", "http://reader:secret@", 1)+"/feed?key=secret"))
	assert.Equal(t, []string{"/feed reader secret", "/moved reader secret"}, own)
	require.NotNil(t, stranger)
	assert.Empty(t, stranger.Values("Authorization"))
	assert.Empty(t, stranger.Values("Referer"), "it would tell the query of the feed's URL")
	for name, values := range stranger {
		assert.NotContains(t, strings.Join(values, " "), "secret", name)
	}
}

// What wraps the transport sees every request: of each attempt, each hop.
func TestAWrappedTransportSeesEveryRequest(t *testing.T) {
	var requests int
	server := serveAt(t, inside+":0", func(w http.ResponseWriter, r *http.Request) {
		switch requests++; requests {
		case 1, 3:
			http.Redirect(w, r, "/moved", http.StatusFound)
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			_, _ = w.Write(generatedFeed(1, 1))
		}
	})
	var seen []string
	transport := NewTransport(Timeouts{})
	defer transport.CloseIdleConnections()
	feed := New(Options{Retries: hasty, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.URL.Path)
		return transport.RoundTrip(r)
	})})
	require.NoError(t, fetch(t, feed, server.URL+"/feed"))
	assert.Equal(t, []string{"/feed", "/moved", "/feed", "/moved"}, seen)
}

// nameServer is one that knows one address at a time.
type nameServer struct {
	conn    net.PacketConn
	mu      sync.Mutex
	answers []string // one for each question for an IPv4 address, the last for ever
	count   int
}

func serveNames(t *testing.T, answers ...string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", inside+":0")
	require.NoError(t, err)
	n := &nameServer{conn: conn, answers: answers}
	var serving sync.WaitGroup
	serving.Go(n.serve)
	t.Cleanup(func() {
		_ = conn.Close()
		serving.Wait()
	})
	return n
}

func (n *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

func (n *nameServer) asked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.count
}

// serve answers as RFC 1035 has it, with one A record for each question for one.
func (n *nameServer) serve() {
	query := make([]byte, 512)
	for {
		size, from, err := n.conn.ReadFrom(query)
		if err != nil {
			return
		}
		end := 12 + bytes.IndexByte(query[12:size], 0) + 5 // of the question: a name, a type, a class
		answer := append(bytes.Clone(query[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
		answer = append(answer, query[12:end]...)
		if kind := binary.BigEndian.Uint16(query[end-4:]); kind == 1 {
			n.mu.Lock()
			address := netip.MustParseAddr(n.answers[min(n.count, len(n.answers)-1)]).As4()
			n.count++
			n.mu.Unlock()
			answer[7] = 1
			answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			answer = append(answer, address[:]...)
		}
		_, _ = n.conn.WriteTo(answer, from)
	}
}
