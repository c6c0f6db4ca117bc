package overhead

import (
	"log/slog"
	"net/http"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// bare puts what is watched in the place of what watches it, all along the way of a request, and leaves the limiter out.
var bare = fx.Decorate(bareStore, bareAnswers, bareAPI)

func bareStore(c wiring.Catalogue) (ports.Searcher, ports.EventReader, ports.ChangeReader, ports.FeedReader) {
	return c, c, c, c
}

func bareAnswers(c config.Config, fresh *search.Freshness, clock func() time.Time) *search.Answers {
	return search.NewAnswers(memcache.New(memcache.Options{}), fresh, clock, search.AnswersOptions{TTL: c.CacheTTL})
}

func bareAPI(b observability.Build, u httpapi.UseCases, answers *search.Answers, clock func() time.Time) http.Handler {
	return httpapi.New(u, httpapi.Options{Version: b.Version, Clock: clock, Answers: answers, Logger: slog.New(slog.DiscardHandler)})
}
