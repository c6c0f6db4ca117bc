// Package config is the configuration: environment variables, read and validated
// once, with all that is wrong told together.
package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Prefix is what the name of every variable begins with.
const Prefix = "MARQUEE_"

// Config is what a process goes by. The tag doc is the variable's line in the reference.
type Config struct {
	HTTPAddr  string `env:"HTTP_ADDR" envDefault:":8080" doc:"where the public API listens"`
	AdminAddr string `env:"ADMIN_ADDR" envDefault:"127.0.0.1:8081" doc:"where metrics, probes and profiles are; keep it private"`
	DataDir   string `env:"DATA_DIR" envDefault:"./data" doc:"folder of the embedded store and broker, one process at a time; and of the index's snapshot"`

	DatabaseURL string `env:"DATABASE_URL" doc:"a PostgreSQL database that several processes share, such as postgres://marquee:password@db:5432/marquee; empty for the embedded one" secret:"url"`
	RedisURL    string `env:"REDIS_URL" doc:"a Redis in which processes share their answers, such as redis://:password@cache:6379/0; empty for none" secret:"url"`
	BrokerURL   string `env:"BROKER_URL" doc:"an outside broker, such as nats://broker:4222, several servers separated by commas; empty for the embedded one" secret:"urls"`

	ProviderURL      string        `env:"PROVIDER_URL" doc:"the provider's feed; needed by the role fetch" secret:"url"`
	ProviderID       string        `env:"PROVIDER_ID" envDefault:"default" doc:"the provider in every event's identity; set it once, never change it"`
	ProviderTimeZone string        `env:"PROVIDER_TIMEZONE" envDefault:"UTC" doc:"IANA name of the zone of the feed's local times"`
	FetchInterval    time.Duration `env:"FETCH_INTERVAL" envDefault:"1m" doc:"from the beginning of one fetch to that of the next, 1s at least"`
	Consumers        int           `env:"CONSUMERS" envDefault:"2" doc:"chunks that this process applies at a time, 1 to 64"`

	SearchIndex       string `env:"SEARCH_INDEX" envDefault:"memory" doc:"what the role api searches: memory, a copy of the catalogue that each process holds and keeps up to date; or store, the database"`
	SearchIndexMemory Size   `env:"SEARCH_INDEX_MEMORY" envDefault:"1GiB" doc:"memory that the index may take, such as 512MiB, 16MiB at least; a catalogue beyond it is searched in the store"`

	SearchMaxResults int           `env:"SEARCH_MAX_RESULTS" envDefault:"100000" doc:"events that one answer of /search may hold, 1000000 at most; more is an error that says how many"`
	CacheTTL         time.Duration `env:"CACHE_TTL" envDefault:"60s" doc:"how long an answer is served again when nothing is heard of changes, 1s to 1h"`
	RateLimitRPS     float64       `env:"RATE_LIMIT_RPS" envDefault:"100" doc:"requests a second that one client address may go on making; 0 for no limit"`
	RateLimitBurst   int           `env:"RATE_LIMIT_BURST" envDefault:"200" doc:"requests of one client address that may come at once"`
	TrustedProxies   Networks      `env:"TRUSTED_PROXIES" doc:"networks or addresses whose X-Forwarded-For is believed, separated by commas"`

	DrainDelay time.Duration `env:"DRAIN_DELAY" envDefault:"0s" doc:"how long a stopping process is unready before it refuses connections, for load balancers to notice; 1m at most"`
	LogLevel   Level         `env:"LOG_LEVEL" envDefault:"INFO" doc:"DEBUG, INFO, WARN or ERROR"`
	LogFormat  string        `env:"LOG_FORMAT" envDefault:"json" doc:"json or text"`
	LogSample  int           `env:"LOG_SAMPLE" envDefault:"100" doc:"of how many requests that neither failed nor were slow one is logged at INFO; 1 for all, 0 for none"`

	SentryDSN         string `env:"SENTRY_DSN" doc:"a Sentry project that errors are reported to, such as https://key@sentry.example/1; empty for none" secret:"url"`
	SentryEnvironment string `env:"SENTRY_ENVIRONMENT" doc:"what Sentry shows errors under, such as production"`
}

// What SearchIndex may be.
const (
	IndexMemory = "memory"
	IndexStore  = "store"
)

const leastIndexMemory Size = 16 << 20

// Load reads the configuration from an environment as os.Environ gives it. unknown are the names that begin
// with Prefix and mean nothing. The error has a line for every variable that is wrong, with what would be right.
func Load(environ []string) (c Config, unknown []string, err error) {
	set := present(environ)
	for name := range set {
		if strings.HasPrefix(name, Prefix) && !slices.Contains(names(), name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)

	illegible, err := parse(&c, set)
	if err != nil {
		return c, unknown, err
	}
	wrong := c.problems()
	maps.Copy(wrong, illegible) // what could not be read is empty, which is another problem
	return c, unknown, joined(wrong)
}

// present is what the environment has. Compose files and charts pass on what nobody set as an empty
// value, so that is absent.
func present(environ []string) map[string]string {
	set := env.ToMap(environ)
	for name, value := range set {
		if set[name] = strings.TrimSpace(value); set[name] == "" {
			delete(set, name)
		}
	}
	return set
}

// Validate reports everything that is wrong, a line for each variable.
func (c Config) Validate() error { return joined(c.problems()) }

// joined has a line for each problem, in the order of Config.
func joined(problems map[string]error) error {
	var all []error
	for _, name := range names() {
		if problem := problems[name]; problem != nil {
			all = append(all, fmt.Errorf("%s: %w", name, problem))
		}
	}
	return errors.Join(all...)
}

// problems are by the variable's name.
func (c Config) problems() map[string]error {
	all := map[string]error{}
	wrong := func(name, format string, args ...any) { all[Prefix+name] = fmt.Errorf(format, args...) }

	for _, addr := range [...]struct{ name, value string }{{"HTTP_ADDR", c.HTTPAddr}, {"ADMIN_ADDR", c.AdminAddr}} {
		if !isAddress(addr.value) {
			wrong(addr.name, "%q is no address such as :8080 or 127.0.0.1:8080", addr.value)
		}
	}
	if c.DataDir == "" {
		wrong("DATA_DIR", "it is empty; name a folder such as ./data")
	}
	if c.DatabaseURL != "" {
		if u, err := url.Parse(c.DatabaseURL); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			wrong("DATABASE_URL", "it is no URL such as postgres://marquee:password@db:5432/marquee") // it may hold a password
		}
	}
	if c.RedisURL != "" {
		if u, err := url.Parse(c.RedisURL); err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
			wrong("REDIS_URL", "it is no URL such as redis://:password@cache:6379/0, or rediss:// for TLS") // it may hold a password
		}
	}
	for broker := range strings.SplitSeq(c.BrokerURL, ",") {
		if u, err := url.Parse(strings.TrimSpace(broker)); c.BrokerURL != "" && (err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls") {
			wrong("BROKER_URL", "it is no URL such as nats://broker:4222, nor several of them separated by commas") // it may hold a password
		}
	}
	if c.ProviderURL != "" {
		if u, err := url.Parse(c.ProviderURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			// The value may hold a key, so it is not shown.
			wrong("PROVIDER_URL", "it is no http or https URL such as https://provider.example/feed.xml")
		}
	}
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789-_."
	if c.ProviderID == "" || len(c.ProviderID) > 64 || strings.Trim(c.ProviderID, plain) != "" {
		wrong("PROVIDER_ID", "%q is no id of 1 to 64 characters out of %s", c.ProviderID, plain)
	}
	if _, err := time.LoadLocation(c.ProviderTimeZone); err != nil || c.ProviderTimeZone == "" || c.ProviderTimeZone == "Local" {
		wrong("PROVIDER_TIMEZONE", "%q is no IANA time zone such as Europe/Madrid", c.ProviderTimeZone)
	}
	if c.FetchInterval < time.Second {
		wrong("FETCH_INTERVAL", "%s is shorter than 1s", c.FetchInterval)
	}
	if c.Consumers < 1 || c.Consumers > 64 {
		wrong("CONSUMERS", "%d is not from 1 to 64", c.Consumers)
	}
	if c.SearchIndex != IndexMemory && c.SearchIndex != IndexStore {
		wrong("SEARCH_INDEX", "%q is neither memory nor store", c.SearchIndex)
	}
	if c.SearchIndexMemory < leastIndexMemory {
		wrong("SEARCH_INDEX_MEMORY", "%s is below %s", c.SearchIndexMemory, leastIndexMemory)
	}
	if c.SearchMaxResults < 1 || c.SearchMaxResults > 1_000_000 {
		wrong("SEARCH_MAX_RESULTS", "%d is not from 1 to 1000000", c.SearchMaxResults)
	}
	if c.CacheTTL < time.Second || c.CacheTTL > time.Hour {
		wrong("CACHE_TTL", "%s is not from 1s to 1h", c.CacheTTL)
	}
	if !(c.RateLimitRPS >= 0 && c.RateLimitRPS <= 1e6) { // written so that NaN is outside
		wrong("RATE_LIMIT_RPS", "%g is not from 0 to 1000000", c.RateLimitRPS)
	}
	if c.RateLimitBurst < 1 {
		wrong("RATE_LIMIT_BURST", "%d is below 1", c.RateLimitBurst)
	}
	if c.DrainDelay < 0 || c.DrainDelay > time.Minute {
		wrong("DRAIN_DELAY", "%s is not from 0s to 1m", c.DrainDelay)
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		wrong("LOG_FORMAT", "%q is neither json nor text", c.LogFormat)
	}
	if c.LogSample < 0 {
		wrong("LOG_SAMPLE", "%d is below 0", c.LogSample)
	}
	if c.SentryDSN != "" && !isDSN(c.SentryDSN) {
		wrong("SENTRY_DSN", "it is no URL such as https://key@sentry.example/1") // it holds a key
	}
	return all
}

func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// isDSN reports whether it is a project's address with its key.
func isDSN(dsn string) bool {
	u, err := url.Parse(dsn)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User.Username() != "" &&
		strings.Trim(u.Path, "/") != "" && !strings.HasSuffix(u.Path, "/")
}

// Embedded reports whether the store, or the broker, is the one inside of the process.
func (c Config) Embedded() (store, broker bool) { return c.DatabaseURL == "", c.BrokerURL == "" }

// ForFetching reports what else has to be set for a process that fetches.
func (c Config) ForFetching() error {
	if c.ProviderURL == "" {
		return fmt.Errorf("%sPROVIDER_URL: it is empty; set it to the provider's feed, or try `marquee demo`", Prefix)
	}
	return nil
}
