package httpapi

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// SearchEvents answers GET /search.
func (o *operations) SearchEvents(ctx context.Context, request SearchEventsRequestObject) (SearchEventsResponseObject, error) {
	within, err := timeRange(request.Params.StartsAt, request.Params.EndsAt)
	if err != nil {
		return nil, err
	}
	key := searchKey(within)
	served, err := o.answer(ctx, key, within, func(ctx context.Context) (search.Made, error) {
		page, err := o.events.All(ctx, within)
		if err != nil {
			return search.Made{}, err
		}
		return makeSearch(page), nil
	})
	if err != nil {
		return nil, err
	}
	return searchAnswer{key: key, served: served, sender: o.sender}, nil
}

// missingBound tells of a bound that has to be given.
func missingBound(parameter string) error {
	return &fault.Error{
		Kind: fault.Invalid, Field: parameter, Code: event.CodeNoDateTime,
		Message: parameter + " is missing; give a date-time like 2021-06-30T21:00:00Z",
	}
}

func timeRange(startsAt, endsAt *string) (event.TimeRange, error) {
	from, err := bound("starts_at", startsAt)
	if err != nil {
		return event.TimeRange{}, err
	}
	to, err := bound("ends_at", endsAt)
	if err != nil {
		return event.TimeRange{}, err
	}
	return catalogue.NewRange(from, to)
}

// bound reads an optional bound; one that is given but empty is no date-time.
func bound(parameter string, value *string) (*time.Time, error) {
	if value == nil {
		return nil, nil
	}
	instant, err := event.ParseInstant(*value)
	if err == nil {
		return &instant, nil
	}
	unreadable := &fault.Error{Kind: fault.Invalid, Field: parameter, Code: event.CodeNoDateTime, Cause: err}
	switch {
	case hasCode(err, event.CodeNoSuchTime):
		unreadable.Code = event.CodeNoSuchTime
		unreadable.Message = parameter + " " + quote(*value) + " does not exist; no calendar or clock has it"
	case *value == "":
		unreadable.Message = parameter + " is empty; leave it out, or give a date-time like 2021-06-30T21:00:00Z"
	default:
		unreadable.Message = parameter + " " + quote(*value) + " is no date-time; one looks like 2021-06-30T21:00:00Z"
	}
	return nil, unreadable
}
