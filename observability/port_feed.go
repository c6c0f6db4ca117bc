package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// ObserveFeed watches the reading of feeds: how it ends, how many records and bytes it brings.
func ObserveFeed(next ports.Feed, rec *Recorder) ports.Feed {
	rec.startFromZero(rec.fetches, labelFetch.Values...)
	rec.startFromZero(rec.feedBytes)
	rec.startFromZero(rec.feedRecords)
	rec.startFromZero(rec.damagedRecords)
	for _, id := range rec.providerIDs {
		rec.feedAnswered.WithLabelValues(id)
		rec.feedFailed.WithLabelValues(id)
	}
	return &feed{next: next, rec: rec, fetch: rec.call(callFetch)}
}

type feed struct {
	next  ports.Feed
	rec   *Recorder
	fetch *call
}

func (f *feed) Fetch(ctx context.Context, s catalogue.Source, since catalogue.Validators, each func(catalogue.Record) error) (receipt catalogue.Receipt, err error) {
	ctx, seen := f.fetch.start(ctx, &err)
	defer seen.done(&err)
	provider := f.rec.providers.label(s.ID)
	handedOver := f.rec.feedRecords.WithLabelValues(provider)
	records := 0
	var ours error // what the reader of the records failed with, which is not the provider's doing
	receipt, err = f.next.Fetch(ctx, s, since, func(r catalogue.Record) error {
		records++
		handedOver.Inc()
		if r.Damaged {
			f.rec.damagedRecords.WithLabelValues(provider).Inc()
		}
		ours = each(r)
		return ours
	})
	f.rec.feedBytes.WithLabelValues(provider).Add(float64(max(receipt.Bytes, 0)))
	f.rec.fetches.WithLabelValues(provider, fetchOutcome(receipt, err)).Inc()
	if ours == nil {
		f.noteWhen(provider, kindOf(err))
	}
	if seen.recording() {
		seen.span.SetAttributes(attrProvider.String(s.ID), attrRecords.Int(records), attrBytes.Int64(receipt.Bytes), attrNotModified.Bool(receipt.NotModified))
	}
	return receipt, err
}

// noteWhen tells a provider that fails from one that is not asked. A reading that was given up here, or whose records could not
// be published, says nothing of it.
func (f *feed) noteWhen(provider string, kind fault.Kind) {
	switch kind {
	case fault.None:
		f.rec.feedAnswered.WithLabelValues(provider).Set(seconds(f.rec.clock()))
	case fault.Canceled:
	default:
		f.rec.feedFailed.WithLabelValues(provider).Set(seconds(f.rec.clock()))
	}
}

func fetchOutcome(r catalogue.Receipt, err error) string {
	kind := kindOf(err)
	if kind == fault.None && r.NotModified {
		return fetchNotModified
	}
	return kind.String()
}
