package observability

import (
	"context"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveParking watches messages that are put aside, and counts them by what was wrong with them.
func ObserveParking(next ports.Parking, rec *Recorder) ports.Parking {
	for _, kind := range labelMessage.Values {
		for _, reason := range labelPark.Values {
			rec.parked.WithLabelValues(kind, reason)
		}
	}
	return &parking{next: next, rec: rec, suspect: rec.call(callSuspect), absolve: rec.call(callAbsolve), park: rec.call(callPark), parked: rec.call(callParked), count: rec.call(callCountParked)}
}

type parking struct {
	next                                  ports.Parking
	rec                                   *Recorder
	suspect, absolve, park, parked, count *call
}

func (p *parking) Suspect(ctx context.Context, messageID string) (times int, err error) {
	ctx, seen := p.suspect.start(ctx, &err)
	defer seen.done(&err)
	return p.next.Suspect(ctx, messageID)
}

func (p *parking) Absolve(ctx context.Context, messageID string) (err error) {
	ctx, seen := p.absolve.start(ctx, &err)
	defer seen.done(&err)
	return p.next.Absolve(ctx, messageID)
}

func (p *parking) Park(ctx context.Context, d ports.Delivery, run *catalogue.RunRef, reason string) (err error) {
	ctx, seen := p.park.start(ctx, &err)
	defer seen.done(&err)
	err = p.next.Park(ctx, d, run, reason)
	if err == nil {
		p.rec.parked.WithLabelValues(messageLabel(d.Kind), parkReason(reason)).Inc()
	}
	return err
}

func (p *parking) Parked(ctx context.Context, limit int) (messages []catalogue.Parked, err error) {
	ctx, seen := p.parked.start(ctx, &err)
	defer seen.done(&err)
	return p.next.Parked(ctx, limit)
}

func (p *parking) CountParked(ctx context.Context) (n int, err error) {
	ctx, seen := p.count.start(ctx, &err)
	defer seen.done(&err)
	n, err = p.next.CountParked(ctx)
	if err == nil {
		p.rec.parkedNow.WithLabelValues().Set(float64(n))
	}
	return n, err
}

// parkReason folds a reason, which is written for people, into a few words: it goes by how the consumer begins
// its sentence. What it does not know is other.
func parkReason(reason string) string {
	for _, known := range []struct{ prefix, reason string }{
		{"panic:", parkPanic},
		{"it was taken", parkCrashes},
		{"unpack chunk", parkUnreadable},
		{"read chunk", parkUnreadable},
		{"read completion", parkUnreadable},
		{"nobody knows the kind", parkUnreadable},
	} {
		if strings.HasPrefix(reason, known.prefix) {
			return known.reason
		}
	}
	return other
}

var knownMessages = fixed(ports.KindChunk, ports.KindCompletion)

func messageLabel(kind string) string { return knownMessages.label(kind) }
