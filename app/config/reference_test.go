package config_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/config"
)

var update = flag.Bool("update", false, "write the table of the reference page anew")

// The page that operators read has every variable of the code, with its default and its meaning.
func TestReferencePage(t *testing.T) {
	const page = "../../docs/operators/configuration.md"
	const begin, end = "<!-- begin: written by `go test ./app/config -update` -->\n", "<!-- end -->"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "the page has lost the line %q", begin)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found, "the page has lost the line %q", end)

	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+reference()+end+after), 0o644))
		return
	}
	assert.Equal(t, reference(), table, "docs/operators/configuration.md and Config differ; Config is right: run `go test ./app/config -update`")
}

// Of the standard variables it has at least those that Marquee reads by itself.
func TestReferencePageHasTheStandardVariables(t *testing.T) {
	page, err := os.ReadFile("../../docs/operators/configuration.md")
	require.NoError(t, err)
	code, err := os.ReadFile("../../observability/otlp_settings.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`"(OTEL_[A-Z_]+)"`).FindAllSubmatch(code, -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, string(page), "`"+string(name[1])+"`", "docs/operators/configuration.md does not say what it does")
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString("\n| variable | default | what it is |\n|---|---|---|\n")
	for _, v := range (config.Config{}).Variables(nil) {
		value := ""
		if v.Default != "" {
			value = "`" + v.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, value, strings.ReplaceAll(v.Doc, "|", `\|`))
	}
	b.WriteString("\n")
	return b.String()
}

func TestVariables(t *testing.T) {
	environ := []string{"MARQUEE_CONSUMERS=4", "MARQUEE_SEARCH_INDEX_MEMORY=1536MiB", "MARQUEE_TRUSTED_PROXIES= 10.1.2.3/8, ::1", "MARQUEE_LOG_LEVEL=warn", "MARQUEE_DATA_DIR= ", "MARQUEE_FETCH_INTERVAL=90s"}
	c, _, err := config.Load(environ)
	require.NoError(t, err)
	got := map[string]config.Variable{}
	for _, v := range c.Variables(environ) {
		assert.NotEmpty(t, v.Doc, v.Name)
		got[v.Name] = v
	}
	inForce := func(name string) string {
		v, known := got["MARQUEE_"+name]
		require.True(t, known, name)
		return fmt.Sprintf("%s, set: %t", v.Value, v.Set)
	}
	assert.Equal(t, "4, set: true", inForce("CONSUMERS"))
	assert.Equal(t, "10.0.0.0/8,::1/128, set: true", inForce("TRUSTED_PROXIES"), "what is in force, not what was written")
	assert.Equal(t, "WARN, set: true", inForce("LOG_LEVEL"))
	assert.Equal(t, "1m30s, set: true", inForce("FETCH_INTERVAL"))
	assert.Equal(t, "1536MiB, set: true", inForce("SEARCH_INDEX_MEMORY"))
	assert.Equal(t, "./data, set: false", inForce("DATA_DIR"), "what is blank is as good as absent")
	assert.Equal(t, ":8080, set: false", inForce("HTTP_ADDR"))
}

func TestSecretsAreHidden(t *testing.T) {
	for given, shown := range map[string]string{
		"https://provider.example/feed.xml":          "https://provider.example/feed.xml",
		"https://me:secret@provider.example/feed":    "https://me:hidden@provider.example/feed",
		"https://secret@provider.example/feed":       "https://hidden@provider.example/feed",
		"https://me:@provider.example/feed":          "https://me:hidden@provider.example/feed",
		"https://provider.example/feed?key=secret":   "https://provider.example/feed?hidden",
		"https://me:secret@provider.example/?secret": "https://me:hidden@provider.example/?hidden",
	} {
		t.Run(given, func(t *testing.T) {
			environ := []string{"MARQUEE_PROVIDER_URL=" + given}
			c, _, err := config.Load(environ)
			require.NoError(t, err)
			for _, v := range c.Variables(environ) {
				assert.NotContains(t, v.Value, "secret")
				if v.Name == "MARQUEE_PROVIDER_URL" {
					assert.Equal(t, shown, v.Value)
				}
			}
		})
	}
	t.Run("also the key in a Sentry DSN", func(t *testing.T) {
		for _, v := range (config.Config{SentryDSN: "https://secret@sentry.example/1"}).Variables(nil) {
			assert.NotContains(t, v.Value, "secret")
			if v.Name == "MARQUEE_SENTRY_DSN" {
				assert.Equal(t, "https://hidden@sentry.example/1", v.Value)
			}
		}
	})
	t.Run("also of a URL that does not parse", func(t *testing.T) {
		for _, v := range (config.Config{ProviderURL: "https://me:secret@provider.example/%zz"}).Variables(nil) {
			assert.NotContains(t, v.Value, "secret")
		}
	})
	t.Run("also in the error", func(t *testing.T) {
		_, _, err := config.Load([]string{"MARQUEE_PROVIDER_URL=htps://me:secret@provider.example/?key=secret"})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
	})
}
