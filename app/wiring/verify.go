package wiring

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// VerifyResult is what a comparison of a process's index with the store found, as the command is told.
type VerifyResult struct {
	Events      int `json:"events"` // that were compared
	Days        int `json:"days"`
	WrongDays   int `json:"wrong_days"` // these have been put right
	WrongEvents int `json:"wrong_events"`
	// WrongLookups is how often something by which events are found was wrong. It is made anew.
	WrongLookups int     `json:"wrong_lookups"`
	TookSeconds  float64 `json:"took_seconds"`
	Problem      string  `json:"error,omitempty"` // why not everything was compared; the rest is what was found until then
}

// Verifier compares what is searched with the store.
type Verifier interface {
	Verify(ctx context.Context) (search.Verification, error)
}

// verifyWrite is how long an answer may take; a verification ends by itself before.
const verifyWrite = 20 * time.Minute

// VerifyHandler answers with a VerifyResult. ping tells whether the store is away, which is then the reason that is given.
func VerifyHandler(v Verifier, ping func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(verifyWrite)) // without, it is the server's
		found, err := v.Verify(r.Context())
		result := VerifyResult{
			Events: found.Events, Days: found.Days, WrongDays: found.WrongDays, WrongEvents: found.Wrong, WrongLookups: found.Lookups,
			TookSeconds: found.Took.Seconds(),
		}
		status := http.StatusOK
		if err != nil {
			status = http.StatusInternalServerError
			result.Problem = err.Error()
		}
		if fault.Is(err, fault.Unavailable) {
			status = http.StatusServiceUnavailable
			if away := ping(r.Context()); away != nil {
				result.Problem = "the store is away: " + away.Error()
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(result) // whoever asked is gone
	})
}
