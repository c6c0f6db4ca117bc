package cli_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersion(t *testing.T) {
	for _, args := range []string{"version", "--version"} {
		got := newShell(t).run(args)
		assert.Zero(t, got.code)
		assert.Regexp(t, `^marquee \S+( \([0-9a-f]+\))?\n$`, got.out)
		assert.Empty(t, got.err)
	}
}

func TestWhatIsTypedWrong(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"nonsense"}, `unknown command "nonsense" for "marquee"`},
		{[]string{"statuss"}, "Did you mean this?\n\tstatus\n"},
		{[]string{"migrate"}, "marquee migrate needs a command: up or status"},
		{[]string{"migrate", "nonsense"}, `unknown command "nonsense" for "marquee migrate"`},
		{[]string{"rejected"}, "marquee rejected needs a command: list"},
		{[]string{"status", "now"}, `unknown command "now" for "marquee status"`},
		{[]string{"status", "--nonsense"}, "unknown flag: --nonsense; see `marquee status --help`"},
		{[]string{"fetch"}, "fetch needs --once; to read a feed again and again, run `marquee serve`"},
		{[]string{"serve", "--roles", "api,nonsense"}, `--roles: "nonsense" is no role; the roles are api, fetch and consume`},
		{[]string{"serve", "--roles="}, "--roles: no role is named; the roles are api, fetch and consume"},
		{[]string{"rejected", "list", "--limit", "0"}, "--limit: 0 is below 1"},
		{[]string{"demo", "--events", "0"}, "--events: 0 is not from 1 to 5000000"},
		{[]string{"demo", "--interval", "10ms"}, "MARQUEE_FETCH_INTERVAL: 10ms is shorter than 1s"},
		{[]string{"feedsim", "--events", "5000001"}, "--events: 5000001 is not from 1 to 5000000"},
		{[]string{"feedsim", "--zones", "5001"}, "--zones: 5001 is not from 1 to 5000"},
		{[]string{"feedsim", "--dialect", "json"}, `--dialect: "json" is neither eventList nor planList`},
		{[]string{"feedsim", "--timezone", "Nowhere/Town"}, `--timezone: "Nowhere/Town" is no IANA time zone such as Europe/Madrid`},
		{[]string{"feedsim", "--addr", "9000"}, "serve the made-up provider: listen tcp: address 9000: missing port in address"},
	} {
		got := newShell(t).run(c.args...)
		assert.Equal(t, 1, got.code, "%v: %s", c.args, got)
		assert.Contains(t, got.err, c.says, "%v", c.args)
		assert.Empty(t, got.out, "%v: an error goes to stderr", c.args)
	}
}

// Whatever the command, a configuration that is wrong stops it before it does anything.
func TestWrongConfiguration(t *testing.T) {
	s := newShell(t, "MARQUEE_CONSUMERS=many", "MARQUEE_LOG_FORMAT=xml", "MARQUEE_PROVIDER_URI=x")
	for _, args := range [][]string{
		{"serve"}, {"demo"}, {"fetch", "--once"}, {"migrate", "up"}, {"migrate", "status"}, {"status"}, {"rejected", "list"}, {"healthcheck"}, {"config"},
	} {
		got := s.run(args...)
		assert.Equal(t, 1, got.code, "%v: %s", args, got)
		assert.Equal(t, `marquee: warning: MARQUEE_PROVIDER_URI means nothing; see `+"`marquee config`"+`
marquee: the configuration is wrong:
MARQUEE_CONSUMERS: "many" is no whole number such as 10
MARQUEE_LOG_FORMAT: "xml" is neither json nor text
`, got.err, "%v", args)
	}
}

func TestConfig(t *testing.T) {
	s := newShell(t, "MARQUEE_CONSUMERS=4", "MARQUEE_PROVIDER_URL=https://me:secret@provider.example/feed?key=secret")
	got := s.run("config")
	assert.Zero(t, got.code, got)
	assert.Regexp(t, `(?m)^MARQUEE_CONSUMERS +4 +environment +chunks `, got.out)
	assert.Regexp(t, `(?m)^MARQUEE_LOG_FORMAT +json +default +`, got.out)
	assert.Contains(t, got.out, " https://me:hidden@provider.example/feed?hidden ")
	assert.NotContains(t, got.out, "secret")
	assert.Empty(t, got.err)
	assert.Equal(t, got, s.run("config", "--strict"), "strictly the same where nothing is unknown")

	s = s.with("MARQUEE_CONSUMER=4")
	got = s.run("config")
	assert.Zero(t, got.code, "an unknown name is only a warning: %s", got)
	assert.Contains(t, got.err, "warning: MARQUEE_CONSUMER means nothing")
	got = s.run("config", "--strict")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "nobody knows MARQUEE_CONSUMER\n")
	assert.Contains(t, got.out, "MARQUEE_CONSUMERS", "the table helps to find the right name")
}
