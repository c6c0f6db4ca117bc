package config_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones are known on machines that have none installed

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/config"
)

func TestDefaults(t *testing.T) {
	got, unknown, err := config.Load(nil)
	require.NoError(t, err)
	assert.Empty(t, unknown)
	assert.Equal(t, config.Config{
		HTTPAddr: ":8080", AdminAddr: "127.0.0.1:8081", DataDir: "./data",
		ProviderID: "default", ProviderTimeZone: "UTC", FetchInterval: time.Minute, Consumers: 2,
		SearchIndex: "memory", SearchIndexMemory: 1 << 30,
		SearchMaxResults: 100_000, CacheTTL: time.Minute, RateLimitRPS: 100, RateLimitBurst: 200,
		LogLevel: config.Level(slog.LevelInfo), LogFormat: "json", LogSample: 100,
	}, got)
}

// Both edges of every bound, and every way of writing that somebody may try.
func TestGoodValues(t *testing.T) {
	for set, want := range map[string]func(*config.Config){
		"HTTP_ADDR=0.0.0.0:80":                          func(c *config.Config) { c.HTTPAddr = "0.0.0.0:80" },
		"HTTP_ADDR=[::1]:65535":                         func(c *config.Config) { c.HTTPAddr = "[::1]:65535" },
		"ADMIN_ADDR=localhost:0":                        func(c *config.Config) { c.AdminAddr = "localhost:0" },
		"DATA_DIR=/var/lib/marquee":                     func(c *config.Config) { c.DataDir = "/var/lib/marquee" },
		"PROVIDER_URL=http://provider.example:8000/a?b": func(c *config.Config) { c.ProviderURL = "http://provider.example:8000/a?b" },
		"BROKER_URL=nats://me:key@a:4222, tls://b":      func(c *config.Config) { c.BrokerURL = "nats://me:key@a:4222, tls://b" },
		"DATABASE_URL=postgresql://me:key@db/marquee?sslmode=require": func(c *config.Config) {
			c.DatabaseURL = "postgresql://me:key@db/marquee?sslmode=require"
		},
		"REDIS_URL=rediss://:key@cache:6379/3":    func(c *config.Config) { c.RedisURL = "rediss://:key@cache:6379/3" },
		"CACHE_TTL=1s":                            func(c *config.Config) { c.CacheTTL = time.Second },
		"CACHE_TTL=1h":                            func(c *config.Config) { c.CacheTTL = time.Hour },
		"PROVIDER_ID=a-b_c.9":                     func(c *config.Config) { c.ProviderID = "a-b_c.9" },
		"PROVIDER_ID=" + strings.Repeat("x", 64):  func(c *config.Config) { c.ProviderID = strings.Repeat("x", 64) },
		"PROVIDER_TIMEZONE=Europe/Madrid":         func(c *config.Config) { c.ProviderTimeZone = "Europe/Madrid" },
		"FETCH_INTERVAL=1s":                       func(c *config.Config) { c.FetchInterval = time.Second },
		"FETCH_INTERVAL=1h30m":                    func(c *config.Config) { c.FetchInterval = 90 * time.Minute },
		"CONSUMERS=1":                             func(c *config.Config) { c.Consumers = 1 },
		"CONSUMERS=64":                            func(c *config.Config) { c.Consumers = 64 },
		"SEARCH_INDEX=store":                      func(c *config.Config) { c.SearchIndex = "store" },
		"SEARCH_INDEX_MEMORY=16MiB":               func(c *config.Config) { c.SearchIndexMemory = 16 << 20 },
		"SEARCH_INDEX_MEMORY=2TiB":                func(c *config.Config) { c.SearchIndexMemory = 2 << 40 },
		"SEARCH_INDEX_MEMORY=20000KiB":            func(c *config.Config) { c.SearchIndexMemory = 20_000 << 10 },
		"SEARCH_INDEX_MEMORY=20000000B":           func(c *config.Config) { c.SearchIndexMemory = 20_000_000 },
		"SEARCH_INDEX_MEMORY=20000000":            func(c *config.Config) { c.SearchIndexMemory = 20_000_000 },
		"SEARCH_MAX_RESULTS=1":                    func(c *config.Config) { c.SearchMaxResults = 1 },
		"SEARCH_MAX_RESULTS=1000000":              func(c *config.Config) { c.SearchMaxResults = 1_000_000 },
		"RATE_LIMIT_RPS=0":                        func(c *config.Config) { c.RateLimitRPS = 0 },
		"RATE_LIMIT_RPS=0.5":                      func(c *config.Config) { c.RateLimitRPS = 0.5 },
		"RATE_LIMIT_RPS=1000000":                  func(c *config.Config) { c.RateLimitRPS = 1e6 },
		"RATE_LIMIT_BURST=1":                      func(c *config.Config) { c.RateLimitBurst = 1 },
		"DRAIN_DELAY=1m":                          func(c *config.Config) { c.DrainDelay = time.Minute },
		"LOG_LEVEL=debug":                         func(c *config.Config) { c.LogLevel = config.Level(slog.LevelDebug) },
		"LOG_LEVEL=ERROR":                         func(c *config.Config) { c.LogLevel = config.Level(slog.LevelError) },
		"LOG_FORMAT=text":                         func(c *config.Config) { c.LogFormat = "text" },
		"LOG_SAMPLE=0":                            func(c *config.Config) { c.LogSample = 0 },
		"LOG_SAMPLE=1":                            func(c *config.Config) { c.LogSample = 1 },
		"SENTRY_DSN=https://key@sentry.example/1": func(c *config.Config) { c.SentryDSN = "https://key@sentry.example/1" },
		"SENTRY_DSN=http://key:old@localhost:9000/behind/a/proxy/1": func(c *config.Config) {
			c.SentryDSN = "http://key:old@localhost:9000/behind/a/proxy/1"
		},
		"SENTRY_ENVIRONMENT=staging": func(c *config.Config) { c.SentryEnvironment = "staging" },
		"LOG_FORMAT= text\n":         func(c *config.Config) { c.LogFormat = "text" }, // from a file with a line's end
		"DATA_DIR=":                  func(*config.Config) {},                         // as compose files pass on what nobody set
		"DATA_DIR= \t":               func(*config.Config) {},
		"CONSUMERS=":                 func(*config.Config) {},
		"TRUSTED_PROXIES=10.1.2.3/8": func(c *config.Config) {
			c.TrustedProxies = config.Networks{netip.MustParsePrefix("10.0.0.0/8")}
		},
		"TRUSTED_PROXIES=10.1.2.3, 192.168.0.0/16 ,::1,2001:db8::/32": func(c *config.Config) {
			c.TrustedProxies = config.Networks{
				netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("192.168.0.0/16"),
				netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("2001:db8::/32"),
			}
		},
	} {
		t.Run(set, func(t *testing.T) {
			expected, _, err := config.Load(nil)
			require.NoError(t, err)
			want(&expected)
			got, unknown, err := config.Load([]string{config.Prefix + set})
			require.NoError(t, err)
			assert.Empty(t, unknown)
			assert.Equal(t, expected, got)
		})
	}
}

func TestBadValues(t *testing.T) {
	const id = " is no id of 1 to 64 characters out of abcdefghijklmnopqrstuvwxyz0123456789-_."
	const size = " is no size such as 512MiB or 2GiB"
	const network = " is no network such as 10.0.0.0/8 and no address such as 10.1.2.3"
	for set, want := range map[string]string{
		"HTTP_ADDR=8080":                         `HTTP_ADDR: "8080" is no address such as :8080 or 127.0.0.1:8080`,
		"HTTP_ADDR=http://:8080":                 `HTTP_ADDR: "http://:8080" is no address such as :8080 or 127.0.0.1:8080`,
		"HTTP_ADDR=:65536":                       `HTTP_ADDR: ":65536" is no address such as :8080 or 127.0.0.1:8080`,
		"ADMIN_ADDR=localhost:":                  `ADMIN_ADDR: "localhost:" is no address such as :8080 or 127.0.0.1:8080`,
		"DATABASE_URL=mysql://me:key@db/marquee": "DATABASE_URL: it is no URL such as postgres://marquee:password@db:5432/marquee",
		"DATABASE_URL=host=db user=me":           "DATABASE_URL: it is no URL such as postgres://marquee:password@db:5432/marquee",
		"REDIS_URL=cache:6379":                   "REDIS_URL: it is no URL such as redis://:password@cache:6379/0, or rediss:// for TLS",
		"CACHE_TTL=999ms":                        "CACHE_TTL: 999ms is not from 1s to 1h",
		"CACHE_TTL=61m":                          "CACHE_TTL: 1h1m0s is not from 1s to 1h",
		"BROKER_URL=amqp://a":                    "BROKER_URL: it is no URL such as nats://broker:4222, nor several of them separated by commas",
		"BROKER_URL=nats://a:4222,b:4222":        "BROKER_URL: it is no URL such as nats://broker:4222, nor several of them separated by commas",
		"PROVIDER_URL=provider.example/feed.xml": "PROVIDER_URL: it is no http or https URL such as https://provider.example/feed.xml",
		"PROVIDER_URL=ftp://me:key@p.example/f":  "PROVIDER_URL: it is no http or https URL such as https://provider.example/feed.xml",
		"PROVIDER_URL=https://":                  "PROVIDER_URL: it is no http or https URL such as https://provider.example/feed.xml",
		"PROVIDER_URL=http://p.example/%zz":      "PROVIDER_URL: it is no http or https URL such as https://provider.example/feed.xml",
		"PROVIDER_ID=My Provider":                `PROVIDER_ID: "My Provider"` + id,
		"PROVIDER_ID=" + strings.Repeat("x", 65): `PROVIDER_ID: "` + strings.Repeat("x", 65) + `"` + id,
		"PROVIDER_TIMEZONE=CEST":                 `PROVIDER_TIMEZONE: "CEST" is no IANA time zone such as Europe/Madrid`,
		"PROVIDER_TIMEZONE=Local":                `PROVIDER_TIMEZONE: "Local" is no IANA time zone such as Europe/Madrid`,
		"PROVIDER_TIMEZONE=../../etc/passwd":     `PROVIDER_TIMEZONE: "../../etc/passwd" is no IANA time zone such as Europe/Madrid`,
		"FETCH_INTERVAL=999ms":                   "FETCH_INTERVAL: 999ms is shorter than 1s",
		"FETCH_INTERVAL=-1m":                     "FETCH_INTERVAL: -1m0s is shorter than 1s",
		"FETCH_INTERVAL=60":                      `FETCH_INTERVAL: "60" is no duration such as 30s or 5m`,
		"CONSUMERS=0":                            "CONSUMERS: 0 is not from 1 to 64",
		"CONSUMERS=65":                           "CONSUMERS: 65 is not from 1 to 64",
		"CONSUMERS=two":                          `CONSUMERS: "two" is no whole number such as 10`,
		"CONSUMERS=99999999999999999999":         `CONSUMERS: "99999999999999999999" is no whole number such as 10`,
		"SEARCH_INDEX=Memory":                    `SEARCH_INDEX: "Memory" is neither memory nor store`,
		"SEARCH_INDEX_MEMORY=16777215":           "SEARCH_INDEX_MEMORY: 16777215B is below 16MiB",
		"SEARCH_INDEX_MEMORY=512":                "SEARCH_INDEX_MEMORY: 512B is below 16MiB",
		"SEARCH_INDEX_MEMORY=0":                  "SEARCH_INDEX_MEMORY: 0B is below 16MiB",
		"SEARCH_INDEX_MEMORY=-1GiB":              `SEARCH_INDEX_MEMORY: "-1GiB"` + size,
		"SEARCH_INDEX_MEMORY=1.5GiB":             `SEARCH_INDEX_MEMORY: "1.5GiB"` + size,
		"SEARCH_INDEX_MEMORY=512Mi":              `SEARCH_INDEX_MEMORY: "512Mi"` + size,
		"SEARCH_INDEX_MEMORY=1 GiB":              `SEARCH_INDEX_MEMORY: "1 GiB"` + size,
		"SEARCH_INDEX_MEMORY=MiB":                `SEARCH_INDEX_MEMORY: "MiB"` + size,
		"SEARCH_INDEX_MEMORY=8388608TiB":         `SEARCH_INDEX_MEMORY: "8388608TiB"` + size,
		"SEARCH_MAX_RESULTS=0":                   "SEARCH_MAX_RESULTS: 0 is not from 1 to 1000000",
		"SEARCH_MAX_RESULTS=1000001":             "SEARCH_MAX_RESULTS: 1000001 is not from 1 to 1000000",
		"SEARCH_MAX_RESULTS=1e5":                 `SEARCH_MAX_RESULTS: "1e5" is no whole number such as 10`,
		"RATE_LIMIT_RPS=-1":                      "RATE_LIMIT_RPS: -1 is not from 0 to 1000000",
		"RATE_LIMIT_RPS=1000001":                 "RATE_LIMIT_RPS: 1.000001e+06 is not from 0 to 1000000",
		"RATE_LIMIT_RPS=NaN":                     "RATE_LIMIT_RPS: NaN is not from 0 to 1000000",
		"RATE_LIMIT_RPS=Inf":                     "RATE_LIMIT_RPS: +Inf is not from 0 to 1000000",
		"RATE_LIMIT_RPS=100/s":                   `RATE_LIMIT_RPS: "100/s" is no number such as 10 or 0.5`,
		"RATE_LIMIT_BURST=0":                     "RATE_LIMIT_BURST: 0 is below 1",
		"TRUSTED_PROXIES=10.0.0.0/33":            `TRUSTED_PROXIES: "10.0.0.0/33"` + network,
		"TRUSTED_PROXIES=10.0.0.1,loadbalancer":  `TRUSTED_PROXIES: "loadbalancer"` + network,
		"TRUSTED_PROXIES=10.0.0.1 10.0.0.2":      `TRUSTED_PROXIES: "10.0.0.1 10.0.0.2"` + network,
		"TRUSTED_PROXIES=fe80::1%eth0":           `TRUSTED_PROXIES: "fe80::1%eth0"` + network,
		"DRAIN_DELAY=-1s":                        "DRAIN_DELAY: -1s is not from 0s to 1m",
		"DRAIN_DELAY=61s":                        "DRAIN_DELAY: 1m1s is not from 0s to 1m",
		"LOG_LEVEL=verbose":                      `LOG_LEVEL: "verbose" is none of DEBUG, INFO, WARN, ERROR`,
		"LOG_LEVEL=INFO+2":                       `LOG_LEVEL: "INFO+2" is none of DEBUG, INFO, WARN, ERROR`,
		"LOG_FORMAT=JSON":                        `LOG_FORMAT: "JSON" is neither json nor text`,
		"LOG_SAMPLE=-1":                          "LOG_SAMPLE: -1 is below 0",
		"LOG_SAMPLE=1%":                          `LOG_SAMPLE: "1%" is no whole number such as 10`,
		"SENTRY_DSN=https://sentry.example/1":    "SENTRY_DSN: it is no URL such as https://key@sentry.example/1",
		"SENTRY_DSN=https://key@sentry.example/": "SENTRY_DSN: it is no URL such as https://key@sentry.example/1",
		"SENTRY_DSN=https://key@:9000/1":         "SENTRY_DSN: it is no URL such as https://key@sentry.example/1",
		"SENTRY_DSN=key":                         "SENTRY_DSN: it is no URL such as https://key@sentry.example/1",
	} {
		t.Run(set, func(t *testing.T) {
			_, _, err := config.Load([]string{config.Prefix + set})
			assert.EqualError(t, err, config.Prefix+want)
		})
	}
}

func TestAllThatIsWrongIsToldTogether(t *testing.T) {
	_, unknown, err := config.Load([]string{
		"MARQUEE_LOG_FORMAT=xml", "MARQUEE_CONSUMERS=many", "MARQUEE_HTTP_ADDR=8080", "MARQUEE_FETCH_INTERVALL=1m", "MARQUEE_RATE_LIMIT_BURST=0",
	})
	require.EqualError(t, err, strings.Join([]string{
		`MARQUEE_HTTP_ADDR: "8080" is no address such as :8080 or 127.0.0.1:8080`,
		`MARQUEE_CONSUMERS: "many" is no whole number such as 10`,
		`MARQUEE_RATE_LIMIT_BURST: 0 is below 1`,
		`MARQUEE_LOG_FORMAT: "xml" is neither json nor text`,
	}, "\n"), "one line each, in the order of the reference")
	assert.Equal(t, []string{"MARQUEE_FETCH_INTERVALL"}, unknown, "a wrong name is told also when values are wrong")
}

func TestUnknownNames(t *testing.T) {
	_, unknown, err := config.Load([]string{
		"MARQUEE_PROVIDER_URI=https://provider.example", "MARQUEE_", "MARQUEE_APIKEY=x", "MARQUEE_EMPTY=", "marquee_data_dir=x",
		"PROVIDER_URL=x", "PATH=/bin", "MARQUEE_DATA_DIR=x",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"MARQUEE_APIKEY", "MARQUEE_PROVIDER_URI"}, unknown, "in order; what is empty was set by nobody")
}

func TestFetchingNeedsAProvider(t *testing.T) {
	c, _, err := config.Load(nil)
	require.NoError(t, err, "a process that only answers needs none")
	require.EqualError(t, c.ForFetching(), "MARQUEE_PROVIDER_URL: it is empty; set it to the provider's feed, or try `marquee demo`")
	c.ProviderURL = "https://provider.example/feed.xml"
	assert.NoError(t, c.ForFetching())
}
