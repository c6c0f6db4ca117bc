package feedxml

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options of a Feed. A field that is zero has its default.
type Options struct {
	// Transport carries the requests; it may be wrapped by what traces or measures them. Default
	// NewTransport(Timeouts). It must not decompress by itself what it did not ask for. Only that one looks
	// at the addresses that redirects lead to.
	Transport http.RoundTripper
	// UserAgent tells providers who reads their feed. Default "marquee (+https://github.com/marquee-events/marquee)".
	UserAgent string
	Timeouts  Timeouts
	Limits    Limits
	Retries   Retries
	Breaker   Breaker
	// OnRetry is told of each attempt that failed, numbered from 1, and how long it is until the next one.
	OnRetry func(ctx context.Context, provider string, attempt int, wait time.Duration, err error)
	// OnBreaker is told when a provider is left alone from now on (err is how its last reading failed),
	// and when it is read again. A trial that failed is no news. It may be called from several goroutines at once.
	OnBreaker func(ctx context.Context, provider string, open bool, err error)
}

const (
	defaultUserAgent = "marquee (+https://github.com/marquee-events/marquee)"
	accept           = "application/xml, text/xml;q=0.9, */*;q=0.1"

	maxRedirects  = 5
	maxExcerpt    = 200      // bytes of an unwanted answer that its error quotes
	maxDrained    = 64 << 10 // bytes of an unwanted answer that are read so that its connection serves again
	maxValidator  = 1 << 10  // bytes of a validator; a longer one is not worth keeping
	maxRetryAfter = time.Hour
)

// Feed reads XML lists over HTTP. Any number of readings may go on at once.
type Feed struct {
	client    *http.Client
	userAgent string
	timeouts  Timeouts
	limits    Limits
	retries   Retries
	providers *providers
	onRetry   func(context.Context, string, int, time.Duration, error)
	onBreaker func(context.Context, string, bool, error)
}

var _ ports.Feed = (*Feed)(nil)

// New makes a Feed that starts nothing by itself.
func New(o Options) *Feed {
	timeouts := o.Timeouts.orDefaults()
	transport := o.Transport
	if transport == nil {
		transport = NewTransport(timeouts)
	}
	retries := o.Retries.orDefaults()
	f := &Feed{
		client:    &http.Client{Transport: transport, CheckRedirect: checkRedirect},
		userAgent: cmp.Or(o.UserAgent, defaultUserAgent),
		timeouts:  timeouts,
		limits:    o.Limits.orDefaults(),
		retries:   retries,
		providers: newProviders(retries, o.Breaker.orDefaults()),
		onRetry:   o.OnRetry,
		onBreaker: o.OnBreaker,
	}
	if f.onRetry == nil {
		f.onRetry = func(context.Context, string, int, time.Duration, error) {}
	}
	if f.onBreaker == nil {
		f.onBreaker = func(context.Context, string, bool, error) {}
	}
	return f
}

// Close gives up idle connections. Readings that go on are not touched.
func (f *Feed) Close() { f.client.CloseIdleConnections() }

// Fetch is one reading, in several attempts where the feed did not begin; a feed that broke off after its first record is
// not asked for again, for its records would come twice. Beside what ports.Feed says: a source whose URL is none of http
// or https is fault.Invalid; RetryAfter is what the provider asks for, at most an hour, or how long it is
// going to be left alone; what a record shares with its neighbours is told at Decode.
func (f *Feed) Fetch(ctx context.Context, s catalogue.Source, since catalogue.Validators, each func(catalogue.Record) error) (receipt catalogue.Receipt, err error) {
	if err := checkURL(s.URL); err != nil {
		return catalogue.Receipt{}, err
	}
	p := f.providers.of(s.ID)
	trial, err := p.breaker.enter()
	if err != nil {
		return catalogue.Receipt{}, err
	}
	verdict := unsaid // should each panic
	defer func() {
		if open, changed := p.breaker.leave(verdict, trial, err); changed {
			f.onBreaker(ctx, s.ID, open, err)
		}
		if verdict == failing {
			err = notBefore(p.breaker.rest(), err)
		}
	}()
	bounded, cancel := context.WithTimeoutCause(ctx, f.timeouts.Total, tooSlow{"the whole feed", f.timeouts.Total})
	defer cancel()
	r := reading{feed: f, provider: p, source: s, since: since, each: each, trial: trial}
	receipt, err = r.run(bounded)
	verdict = r.verdict(err)
	return receipt, err
}

func (f *Feed) attempt(ctx context.Context, address string, since catalogue.Validators, each func(catalogue.Record) error) (catalogue.Receipt, error) {
	watch, ctx := startWatch(withItinerary(ctx))
	defer watch.stop()

	request, err := f.request(ctx, address, since)
	if err != nil {
		return catalogue.Receipt{}, err
	}
	watch.expect("an answer", f.timeouts.Answer)
	response, err := f.client.Do(request)
	watch.relax()
	if err != nil {
		return catalogue.Receipt{}, unanswered("request the feed", watch.reason(withoutURL(err)))
	}
	raw := &watchedBody{body: response.Body, watch: watch, patience: f.timeouts.Idle}
	defer response.Body.Close()

	switch response.StatusCode {
	case http.StatusOK:
		return f.read(ctx, response.Header, raw, each)
	case http.StatusNotModified:
		drain(raw)
		return notModified(since, response.Header)
	}
	// Who refuses slowly is not waited for.
	defer time.AfterFunc(f.timeouts.Answer, func() { watch.cancel(tooSlow{"the rest of an answer", f.timeouts.Answer}) }).Stop()
	return catalogue.Receipt{}, refused(response, raw)
}

func (f *Feed) request(ctx context.Context, address string, since catalogue.Validators) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fault.InvalidField("url", "the feed's URL does not make a request: %v", withoutURL(err))
	}
	request.Header.Set("User-Agent", f.userAgent)
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", "gzip") // said here, so that the transport leaves the body to us
	if since.ETag != "" {
		request.Header.Set("If-None-Match", since.ETag)
	}
	if since.LastModified != "" {
		request.Header.Set("If-Modified-Since", since.LastModified)
	}
	return request, nil
}

func (f *Feed) read(ctx context.Context, header http.Header, raw io.Reader, each func(catalogue.Record) error) (catalogue.Receipt, error) {
	plain, err := decompress(raw, header.Get("Content-Encoding"))
	if err != nil {
		return catalogue.Receipt{}, err
	}
	body := &countedReader{r: plain}
	err = decode(body, charsetOf(header.Get("Content-Type")), f.limits, func(r catalogue.Record) error {
		if ctx.Err() != nil {
			return wrap(CodeUnreachable, "read the feed", endOf(ctx))
		}
		return each(r)
	})
	if err != nil {
		return catalogue.Receipt{}, err
	}
	return catalogue.Receipt{Validators: validators(header), Bytes: body.n}, nil
}

// notModified believes a 304 only where it was asked for; without validators it would be a feed that nobody has.
func notModified(since catalogue.Validators, header http.Header) (catalogue.Receipt, error) {
	if since == (catalogue.Validators{}) {
		return catalogue.Receipt{}, unavailable(CodeRefused, "the provider answered 304 Not Modified to a request without conditions")
	}
	sent := validators(header)
	return catalogue.Receipt{NotModified: true, Validators: catalogue.Validators{
		ETag:         cmp.Or(sent.ETag, since.ETag),
		LastModified: cmp.Or(sent.LastModified, since.LastModified),
	}}, nil
}

// refused quotes the beginning of an answer that is no feed: providers tell there what is wrong.
func refused(response *http.Response, raw io.Reader) error {
	excerpt, _ := io.ReadAll(io.LimitReader(raw, maxExcerpt))
	drain(raw)
	return &fault.Error{
		Kind:       fault.Unavailable,
		Code:       CodeRefused,
		Message:    fmt.Sprintf("the provider answered %d %s", response.StatusCode, http.StatusText(response.StatusCode)),
		RetryAfter: retryAfter(response.Header, time.Now()),
		Cause:      unwanted{response.StatusCode, excerpt},
	}
}

// unwanted is an answer that is no feed.
type unwanted struct {
	status  int
	excerpt []byte
}

func (u unwanted) Error() string {
	if len(u.excerpt) == 0 {
		return "with an empty body"
	}
	return strconv.Quote(string(u.excerpt))
}

func drain(raw io.Reader) {
	_, _ = io.CopyN(io.Discard, raw, maxDrained)
}

func validators(header http.Header) catalogue.Validators {
	v := catalogue.Validators{ETag: header.Get("ETag"), LastModified: header.Get("Last-Modified")}
	if len(v.ETag) > maxValidator {
		v.ETag = ""
	}
	if len(v.LastModified) > maxValidator {
		v.LastModified = ""
	}
	return v
}

func charsetOf(contentType string) string {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return parameters["charset"]
}

func checkURL(address string) error {
	const right = "an absolute http or https URL would be right"
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return fault.InvalidField("url", "the feed's URL does not parse (%v); %s", withoutURL(err), right)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fault.InvalidField("url", "the feed's URL has no host or another scheme than http and https; %s", right)
	}
	return nil
}

// withoutURL takes the URL out of an error: it may carry the provider's key to the feed.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
