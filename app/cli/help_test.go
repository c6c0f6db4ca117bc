package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every command says what it is for, and its examples are commands that exist, with flags that they have.
func TestHelp(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			assert.NotEmpty(t, cmd.Short)
			assert.NotEmpty(t, cmd.Example, "somebody who reads the help wants to copy a line")
			for line := range strings.Lines(cmd.Example) {
				tryExample(t, strings.Fields(line))
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&command{}).root())
}

func tryExample(t *testing.T, words []string) {
	t.Helper()
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:] // a variable before the command
	}
	require.NotEmpty(t, words)
	require.Equal(t, "marquee", words[0])
	root := (&command{}).root()
	cmd, rest, err := root.Find(words[1:])
	require.NoError(t, err)
	require.NotSame(t, root, cmd)
	require.NoError(t, cmd.ParseFlags(rest), "%q", words)
	require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), "%q", words)
}
