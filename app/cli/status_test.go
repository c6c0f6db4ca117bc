package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (s shell) dataDir() string {
	for _, v := range s.environ {
		if dir, found := strings.CutPrefix(v, "MARQUEE_DATA_DIR="); found {
			return dir
		}
	}
	return ""
}

func TestStatusWithoutACatalogue(t *testing.T) {
	s := newShell(t)
	got := s.run("status")
	assert.Equal(t, 2, got.code, got)
	assert.Equal(t, "marquee: there is no catalogue at "+filepath.Join(s.dataDir(), "marquee.db")+"; MARQUEE_DATA_DIR says where to look\n", got.err)
	left, err := os.ReadDir(s.dataDir())
	require.NoError(t, err)
	assert.Empty(t, left, "looking makes nothing")
}

func TestStatus(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	require.Zero(t, s.run("fetch", "--once").code)
	got := s.run("status")
	assert.Equal(t, 2, got.code, "nothing runs: %s", got)
	assert.Contains(t, got.out, "status: not running\n")
	assert.Regexp(t, `(?m)^default +ok +\S+ ago +2 +2 +1 +concluded$`, got.out)

	p := s.start("serve")
	p.line("run ended", "state", "concluded")
	got = s.run("status")
	assert.Zero(t, got.code, got)
	assert.Contains(t, got.out, "status: ok\n")
	assert.Regexp(t, `(?m)^default +ok +\S+ ago +2 +2 +1 +concluded$`, got.out)
}

func TestStatusOfAFeedThatCannotBeRead(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL=http://127.0.0.1:1/")
	p := s.start("serve")
	p.line("run ended", "state", "incomplete")
	got := s.run("status")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.out, "status: degraded\n")
	assert.Regexp(t, `(?m)^default +degraded +never +0 +0 +0 +incomplete$`, got.out)
	assert.Contains(t, got.out, "default: its feed was never read to the end\n\ndefault: 4 attempts, the last: request the feed: dial tcp 127.0.0.1:1: connect: connection refused\n")
	assert.Equal(t, 1, strings.Count(got.out, "connection refused"), "it is told once")
}

func TestStatusOfADamagedCatalogue(t *testing.T) {
	s := newShell(t)
	path := filepath.Join(s.dataDir(), "marquee.db")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600))
	for code, args := range map[int][]string{2: {"status"}, 1: {"rejected", "list"}} {
		got := s.run(args...)
		assert.Equal(t, code, got.code, got)
		assert.Contains(t, got.err, "marquee: open the catalogue at "+path+": ")
		assert.Contains(t, got.err, "file is not a database")
	}
}

func TestStatusBeforeTheFirstFetch(t *testing.T) {
	s := newShell(t)
	s.start("serve", "--roles", "api").line("ready")
	got := s.run("status")
	assert.Zero(t, got.code, "nothing is expected: %s", got)
	assert.Contains(t, got.out, "no provider has been read yet\n")
}

func TestRejectedList(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	got := s.run("rejected", "list")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "there is no catalogue at ")

	require.Zero(t, s.run("fetch", "--once").code)
	got = s.run("rejected", "list")
	assert.Zero(t, got.code, got)
	assert.Regexp(t, `(?m)^[0-9a-f]{8} +default +3 +7 +no_such_date +1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +event_start_date: "2027-02-29T20:00:00" does not exist$`, got.out)
	assert.Equal(t, 2, strings.Count(got.out, "\n"), "a heading and one line")

	got = s.run("rejected", "list", "--original")
	assert.Zero(t, got.code, got)
	assert.Contains(t, got.out, `default base "3" event "7": event_start_date: "2027-02-29T20:00:00" does not exist (no_such_date)`)
	assert.Contains(t, got.out, `"title":"Never"`)
	assert.Contains(t, got.out, `"price":"30.00"`)

	got = s.run("rejected", "list", "--provider", "another")
	assert.Equal(t, result{0, "nothing is rejected\n", ""}, got)
}

func TestRejectionsGoWhenTheFeedIsMended(t *testing.T) {
	s := newShell(t)
	require.Zero(t, s.with("MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL).run("fetch", "--once").code)
	mended := strings.ReplaceAll(feed, "2027-02-29", "2027-02-28")
	require.Zero(t, s.with("MARQUEE_PROVIDER_URL="+serveFeed(t, text(mended)).URL).run("fetch", "--once").code)
	assert.Equal(t, result{0, "nothing is rejected\n", ""}, s.run("rejected", "list"))
}

func TestMigrate(t *testing.T) {
	s := newShell(t)
	before := s.run("migrate", "status")
	assert.Zero(t, before.code, before)
	assert.Regexp(t, `^(missing  \d+_\w+\.sql\n)+$`, before.out)
	left, err := os.ReadDir(s.dataDir())
	require.NoError(t, err)
	assert.Empty(t, left, "looking makes nothing")

	want := result{0, strings.ReplaceAll(before.out, "missing ", "applied "), ""}
	assert.Equal(t, want, s.run("migrate", "up"))
	assert.Equal(t, want, s.run("migrate", "up"), "once more does nothing")
	assert.Equal(t, want, s.run("migrate", "status"))

	s.start("serve", "--roles", "api").line("ready")
	assert.Equal(t, want, s.run("migrate", "status"), "also beside a process")
}
