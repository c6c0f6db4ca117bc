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
	receipt, err = f.next.Fetch(ctx, s, since, func(r catalogue.Record) error {
		records++
		handedOver.Inc()
		if r.Damaged {
			f.rec.damagedRecords.WithLabelValues(provider).Inc()
		}
		return each(r)
	})
	f.rec.feedBytes.WithLabelValues(provider).Add(float64(max(receipt.Bytes, 0)))
	f.rec.fetches.WithLabelValues(provider, fetchOutcome(receipt, err)).Inc()
	if seen.recording() {
		seen.span.SetAttributes(attrProvider.String(s.ID), attrRecords.Int(records), attrBytes.Int64(receipt.Bytes), attrNotModified.Bool(receipt.NotModified))
	}
	return receipt, err
}

func fetchOutcome(r catalogue.Receipt, err error) string {
	kind := kindOf(err)
	if kind == fault.None && r.NotModified {
		return fetchNotModified
	}
	return kind.String()
}
