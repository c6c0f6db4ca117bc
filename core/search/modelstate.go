package search

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ModelPhase is what a Model is doing.
type ModelPhase string

// The phases. Searches are answered from memory while it is following, and by the store otherwise.
const (
	ModelLoading   ModelPhase = "loading"     // it has no copy of the catalogue yet, or not one of its present history
	ModelFollowing ModelPhase = "following"   // it has one, and keeps it up to date
	ModelTooLarge  ModelPhase = "over_budget" // the catalogue takes more memory than it may
)

// ModelPhases are all phases, for tables that have to be complete.
func ModelPhases() []ModelPhase { return []ModelPhase{ModelLoading, ModelFollowing, ModelTooLarge} }

// ModelState is how a Model stands.
type ModelState struct {
	Phase ModelPhase
	At    catalogue.Version // what is held
	Size  ports.ModelSize
	// Behind are changes that are in the log and not yet held, as far as is known.
	Behind int64
	// Lag is for how long it may have been behind: the time since what was held was last known to be all that there is.
	// It is zero while it follows and misses nothing.
	Lag time.Duration
	// Problem is why it does not load or follow; empty while it does.
	Problem string
	// Audited is when all that is held had last been compared with the store; zero while that did not happen.
	Audited time.Time
	// Wrong are events that were found to be held wrongly, since the start.
	Wrong int64
}

// Where a model is filled from.
const (
	FromStore = "store"
	FromFile  = "file"
)

// Filled is how a model was filled, or why not.
type Filled struct {
	From   string
	At     catalogue.Version
	Events int
	Took   time.Duration
	Err    error
}

// What is audited, and how.
const (
	AuditItself = "itself" // whether what is held is what it was when it came
	AuditStore  = "store"  // whether it is what the store has
)

// Audited is what a look at a part of a model found.
type Audited struct {
	How string
	ports.Reconciled
	Took time.Duration
	Err  error
}

// Kept is how a model was written to its file, or why not.
type Kept struct {
	At   catalogue.Version
	Took time.Duration
	Err  error
}

// ModelWatcher is told what becomes of a Model. Its methods are called by few goroutines, and must not block.
type ModelWatcher interface {
	Phase(ctx context.Context, p ModelPhase)
	Filled(ctx context.Context, f Filled)
	// Followed is told after each reading of the log, or attempt at one.
	Followed(ctx context.Context, f Follow)
	Audited(ctx context.Context, a Audited)
	Kept(ctx context.Context, k Kept)
	// Failed is told of each search that failed in memory, which the store answers. It may be called by many goroutines.
	Failed(ctx context.Context, err error)
}
