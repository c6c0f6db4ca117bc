package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/marquee-events/marquee/core/fault"
)

func TestKindOf(t *testing.T) {
	driver := errors.New("driver: connection refused")
	tests := map[string]struct {
		err  error
		want fault.Kind
	}{
		"nil":                            {nil, fault.None},
		"nobody classified it":           {driver, fault.Internal},
		"classified":                     {fault.New(fault.NotFound, "no such event"), fault.NotFound},
		"through wrapping":               {fmt.Errorf("search: %w", fault.New(fault.Gone, "other history")), fault.Gone},
		"a driver error with a kind":     {fault.Wrap(fault.Unavailable, "read events", driver), fault.Unavailable},
		"a bare cancellation":            {context.Canceled, fault.Canceled},
		"a bare deadline":                {context.DeadlineExceeded, fault.Unavailable},
		"cancelled inside a driver":      {fault.Wrap(fault.Internal, "read events", fmt.Errorf("driver: %w", context.Canceled)), fault.Canceled},
		"too slow, reported by a driver": {fault.Wrap(fault.Internal, "read events", fmt.Errorf("driver: %w", context.DeadlineExceeded)), fault.Unavailable},
		"the outermost kind decides":     {fault.Wrap(fault.Unavailable, "load", fault.New(fault.Invalid, "page")), fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf(%v) = %v, want %v", tt.err, got, tt.want)
			}
		})
	}
}

func TestWrapKeepsTheCauseAndNil(t *testing.T) {
	if err := fault.Wrap(fault.Internal, "read events", nil); err != nil {
		t.Errorf("Wrap(nil) = %v, want nil", err)
	}
	cause := errors.New("disk full")
	err := fault.Wrap(fault.Unavailable, "append change", cause)
	if !errors.Is(err, cause) {
		t.Errorf("%v lost its cause", err)
	}
	if got, want := err.Error(), "append change: disk full"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range fault.Kinds() {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d has the name %q, which is empty or taken", k, k)
		}
		seen[k.String()] = true
	}
	if got := fault.Kind(200).String(); got != "internal" {
		t.Errorf("an unknown kind reads %q, want internal", got)
	}
}

func TestAnInvalidFieldIsNamed(t *testing.T) {
	var err error = fault.InvalidField("starts_at", "starts_at %q is no date-time", "soon")
	if !fault.Is(err, fault.Invalid) || fault.Is(err, fault.Internal) {
		t.Errorf("%v is %v, want %v", err, fault.KindOf(err), fault.Invalid)
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Field != "starts_at" || f.Message != `starts_at "soon" is no date-time` {
		t.Errorf("%#v does not name its field", err)
	}
}
