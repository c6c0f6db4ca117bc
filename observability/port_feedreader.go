package observability

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveFeedReader keeps the gauges of feeds as they were last told. Watch asks regularly.
func ObserveFeedReader(next ports.FeedReader, rec *Recorder) ports.FeedReader {
	return &feedReader{next: next, rec: rec, feeds: rec.call(callFeeds)}
}

type feedReader struct {
	next  ports.FeedReader
	rec   *Recorder
	feeds *call
}

func (f *feedReader) Feeds(ctx context.Context) (feeds []catalogue.Feed, err error) {
	ctx, seen := f.feeds.start(ctx, &err)
	defer seen.done(&err)
	feeds, err = f.next.Feeds(ctx)
	if err == nil {
		for _, feed := range feeds {
			f.rec.gaugeFeed(feed)
		}
	}
	return feeds, err
}

// gaugeFeed leaves out the providers of the past: nobody expects news of them, and they would share one label.
func (r *Recorder) gaugeFeed(f catalogue.Feed) {
	provider := r.providers.label(f.Provider)
	if provider == other {
		return
	}
	if f.Interval > 0 { // whoever fetches may be away, and the feed is no less late for it
		r.feedInterval.WithLabelValues(provider).Set(f.Interval.Seconds())
	}
	if !f.LastConcluded.IsZero() {
		r.lastConcluded.WithLabelValues(provider).Set(seconds(f.LastConcluded))
	}
	r.feedEvents.WithLabelValues(provider, stateAvailable).Set(float64(f.Available))
	r.feedEvents.WithLabelValues(provider, stateKnown).Set(float64(f.Known))
	r.openRejections.WithLabelValues(provider).Set(float64(f.Rejected))
	if f.Current.State == catalogue.Concluded {
		r.heldEvents.WithLabelValues(provider).Set(float64(f.Current.Held))
	}
}

// seconds since 1970, as Prometheus counts time.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
