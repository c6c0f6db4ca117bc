package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	codeBlock  = regexp.MustCompile("\n```[a-z]*\n((?s:.*?))\n```")
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	ourCommand = regexp.MustCompile(`^(?:export )?(?:[A-Z_]+=\S+ )*(?:\./)?(?:bin/)?(marquee [^#|;&]*)`)
)

// A command that a page tells somebody to type is one, with flags that it has.
func TestCommandsInPagesExist(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*/*.md")
	require.NoError(t, err)
	found := map[string]int{}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, block := range codeBlock.FindAllStringSubmatch(string(text), -1) {
			for line := range strings.Lines(block[1]) {
				if words := typed(line); words != nil {
					tryExample(t, words)
					found[filepath.Base(page)]++
				}
			}
		}
		for _, span := range codeSpan.FindAllStringSubmatch(codeBlock.ReplaceAllString(string(text), ""), -1) {
			if words := typed(span[1]); words != nil {
				tryName(t, page, words)
				found[filepath.Base(page)]++
			}
		}
	}
	assert.Greater(t, found["runbook.md"], 20)
	assert.Greater(t, found["running.md"], 10)
}

// typed are the words of a line that begins with our command; nil for any other.
func typed(line string) []string {
	match := ourCommand.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		return nil
	}
	return strings.Fields(match[1])
}

// tryName tries a command that is named in the course of a sentence, where its arguments may be left out.
func tryName(t *testing.T, page string, words []string) {
	t.Helper()
	if slices.Contains(words, "…") {
		return
	}
	root := (&command{}).root()
	cmd, rest, err := root.Find(words[1:])
	require.NoError(t, err, "%s: %q", page, words)
	require.NotSame(t, root, cmd, "%s: %q", page, words)
	require.NoError(t, cmd.ParseFlags(rest), "%s: %q", page, words)
	if len(cmd.Commands()) > 0 || len(cmd.Flags().Args()) > 0 {
		require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), "%s: %q", page, words)
	}
}
