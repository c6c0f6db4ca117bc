package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/wiring"
)

// exitWrong is the exit code of a verification that found something, which is told where all else is.
const exitWrong = exitCode(1)

func (c *command) verify() *cobra.Command {
	timeout := 16 * time.Minute // longer than the process tries
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare a running process's index with the database",
		Long: `Has the process behind MARQUEE_ADMIN_ADDR compare the catalogue that it holds in memory with the database, all of it
and now. What is wrong is put right. It does the same by itself all the time, gently; this is for who wants to
know. The exit code is 0 when all agrees, 1 when something was wrong or nothing could be said.`,
		Example: "  marquee verify",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			status, body, err := askAdmin(ctx, conf, http.MethodPost, "/verify")
			if err != nil {
				return notVerified(err)
			}
			if status == http.StatusNotFound {
				return notVerified(errors.New("the process searches the database (it has not the role api, or MARQUEE_SEARCH_INDEX is store)"))
			}
			var found wiring.VerifyResult
			if err := json.Unmarshal(body, &found); err != nil {
				return notVerified(fmt.Errorf("what answers is no Marquee that can: %d %.100q", status, body))
			}
			return tellVerified(cmd, found)
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "for the answer")
	return cmd
}

func tellVerified(cmd *cobra.Command, r wiring.VerifyResult) error {
	days, lookups := r.WrongDays > 0 || r.WrongEvents > 0, r.WrongLookups > 0
	if lookups {
		cmd.Println("what events are found by was wrong, and is made anew")
	}
	if days {
		cmd.Printf("%d events on %d days were wrong and have been put right\n", r.WrongEvents, r.WrongDays)
	}
	if r.Problem != "" {
		return notVerified(errors.New(r.Problem))
	}
	took := time.Duration(r.TookSeconds * float64(time.Second)).Round(10 * time.Millisecond)
	if days || lookups {
		cmd.Printf("%d events on %d days were compared with the database, in %s\n", r.Events, r.Days, took)
		return exitWrong
	}
	cmd.Printf("%d events on %d days are what the database has, compared in %s\n", r.Events, r.Days, took)
	return nil
}

func notVerified(err error) error { return fmt.Errorf("not verified: %w", err) }
