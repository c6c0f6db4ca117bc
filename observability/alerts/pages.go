package alerts

import (
	"fmt"
	"slices"
	"time"
)

// pages are what somebody is woken for, with the slow burns of the same budgets, which are tickets.
func pages() []Alert {
	return slices.Concat(
		budgetBurn(1-Availability, errorsOver, failuresIn, Alert{
			Name: "SearchAvailabilityBurn", Severity: Page, Dashboard: "marquee-search",
			Summary: "{{ $value | humanizePercentage }} of searches fail",
			Detail:  "Users get errors instead of answers, and the error budget of 30 days (0.1%) is being used up many times faster than it lasts.",
		}, Alert{
			Name: "SearchAvailabilitySlowBurn", Severity: Ticket, Dashboard: "marquee-search",
			Summary: "{{ $value | humanizePercentage }} of searches failed in three days",
			Detail:  "Few users notice, but the error budget of 30 days (0.1%) will not last.",
		}),
		budgetBurn(1-Promptness, slowOver, latesIn, Alert{
			Name: "SearchLatencyBurn", Severity: Page, Dashboard: "marquee-search",
			Summary: "{{ $value | humanizePercentage }} of searches take longer than 100 ms",
			Detail:  "Users wait, and the budget of 30 days for slow answers (1%) is being used up many times faster than it lasts.",
		}, Alert{
			Name: "SearchLatencySlowBurn", Severity: Ticket, Dashboard: "marquee-search",
			Summary: "{{ $value | humanizePercentage }} of searches took longer than 100 ms in three days",
			Detail:  "Few users notice, but the budget of 30 days for slow answers (1%) will not last.",
		}),
		[]Alert{
			{
				Name: "CatalogueFrozen", Severity: Page, Dashboard: "marquee-ingest?var-provider={{ $labels.provider }}",
				Expr:    fmt.Sprintf(`(marquee:feed_age:seconds > on (provider) %d * marquee:feed_interval:seconds or on (provider) (marquee:feed_interval:seconds unless on (provider) marquee:feed_age:seconds)) unless on (provider) marquee:feed_failing:bool == 1`, Lateness),
				For:     5 * time.Minute,
				Summary: "nothing new from {{ $labels.provider }} for {{ $value | humanizeDuration }}, although it answers",
				Detail:  "Searches are answered with what was known then: new events are missing, prices and sold-out marks are old.",
			},
			{
				Name: "DataDiskFilling", Severity: Page, Dashboard: "marquee-dependencies",
				// What is full already stays as it is, so no trend tells of it.
				Expr:    `(predict_linear(marquee_data_free_bytes[%s], %s) < 0 and marquee_data_free_bytes / marquee_data_size_bytes < 0.25) or marquee_data_free_bytes / marquee_data_size_bytes < 0.005`,
				Windows: []time.Duration{time.Hour, 4 * time.Hour}, For: 10 * time.Minute,
				Summary: "the disk of {{ $labels.instance }} is full, or is going to be within four hours",
				Detail:  "When it is full nothing can be taken in any more: the catalogue stands still, and the broker refuses messages.",
			},
			{
				Name: "MarqueeAbsent", Severity: Page, Dashboard: "marquee-overview",
				Expr: `absent(marquee_role{role="api"})`, For: 2 * time.Minute,
				Summary: "no process that answers searches can be reached by Prometheus",
				Detail:  "Either nobody answers users, or nobody sees whether somebody does.",
			},
		},
	)
}
