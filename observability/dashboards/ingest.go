package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/units"

// ingest says whether feeds are read, whether what is read arrives, and what becomes of it.
func ingest() Dashboard {
	const chosen = `{provider=~"$provider"}`

	return Dashboard{
		UID: UIDIngest, Title: "Ingest", File: "ingest.json", Annotations: annotations(), variables: []variable{byProvider},
		Description: "From the provider to the catalogue: whether feeds are read, whether what was read arrives, and what is not taken.",
	}.place(
		section{"Feeds", 8, exploring(spans(`name="fetch run"`),
			graph("Age of feeds", units.Seconds,
				"A saw of the height of the interval is well; above its limit, three intervals, something has been failing for long.").
				query("{{provider}}", "time() - max by (provider) (marquee_feed_last_concluded_timestamp_seconds%s)", chosen).
				limit("limit of {{provider}}", "3 * max by (provider) (marquee_feed_interval_seconds%s)", chosen),
			graph("Since a feed was answered, and failed", units.Seconds,
				"An answer that is young under a feed that is old means that the provider is fine and the way behind it is not.").
				query("{{provider}} answered", "time() - max by (provider) (marquee_feed_last_answered_timestamp_seconds%s > 0)", chosen).
				query("{{provider}} failed", "time() - max by (provider) (marquee_feed_last_failed_timestamp_seconds%s > 0)", chosen),
			states("Who holds the lease",
				"One process at a time should hold it; a gap is a feed that nobody reads.").
				query("{{lease}} {{instance}}", "max by (lease, instance) (marquee_lease_held)").
				colors(gray, step{1, green}).say(word{"0", "waits", gray}, word{"1", "holds", green}),
			graph("Readings in the last hour", units.Short,
				"Look for anything but ok and not_modified; unavailable is the provider or the network, invalid is a feed that is none.").
				query("{{provider}} {{outcome}}", "%s", some(inAnHour("provider, outcome", "marquee_fetches_total"+chosen))),
			states("Provider left alone",
				"While open, the feed failed several times in a row, and only one request now and then tries it.").
				query("{{provider}}", "max by (provider) (marquee_feed_breaker_open%s)", chosen).
				colors(green, step{1, red}).say(breaker...),
			graph("Retries in the last hour", units.Short,
				"Retries that help keep the feed young and tell of a provider that is getting worse.").
				query("{{provider}}", "%s", inAnHour("provider", "marquee_feed_retries_total"+chosen)),
			graph("Requests to providers by code", units.RequestsPerSecond,
				"304 is a feed that is unchanged, 429 a provider that wants to be asked less, none a network without an answer.").
				query("{{code}}", "%s", total("code", "marquee_http_client_requests_total")).stack(),
			graph("How long providers take", units.Seconds,
				"Until the header of the answer is there; near the time-out, the next step is that it fails.").
				quantiles("marquee_http_client_request_duration_seconds", ""),
			graph("Read from feeds", units.BytesPerSecondSI,
				"A feed that is suddenly smaller was cut, or has lost a part of its events.").
				query("{{provider}}", "%s", total("provider", "marquee_feed_bytes_total"+chosen)),
		)},
		section{"Runs", 8, exploring(spans(`name="fetch run"`),
			graph("Runs in the last hour by how they ended", units.Short,
				"Incomplete and superseded runs withdraw nothing; several in a row let the catalogue grow old.").
				query("{{provider}} {{outcome}}", "%s", some(inAnHour("provider, outcome", "marquee_runs_total"+chosen))),
			graph("How long runs take", units.Seconds,
				"Near the interval, the next reading is skipped, since the last run is still being applied.").
				p95("provider", "{{provider}} p95", "marquee_run_duration_seconds", `provider=~"$provider"`).
				limit("interval of {{provider}}", "max by (provider) (marquee_feed_interval_seconds%s)", chosen),
			graph("Runs refused in the last hour", units.Short,
				"With still_consuming more consumers are wanted; not_the_lease_holder is a process that had to give the lead to another one.").
				query("{{provider}} {{reason}}", "%s", some(inAnHour("provider, reason", "marquee_runs_refused_total"+chosen))).empty("none"),
		)},
		section{"Catalogue", 8, exploring(spans(`name="ingester.apply"`),
			graph("Events changed", units.WritesPerSecond,
				"Every event updated in every run means that the feed changes something that nobody sees, such as a time stamp.").
				query("{{provider}} {{change}}", "%s", total("provider, change", "marquee_events_changed_total"+chosen)),
			graph("Events in the catalogue", units.Short,
				"Available ones that fall at once, while the known ones do not, were withdrawn.").
				query("{{provider}} {{state}}", "max by (provider, state) (marquee_feed_events%s)", chosen),
			graph("Withdrawals held back", units.Short,
				"Above 0 too many events would leave at once: look at `marquee runs show` and accept them, or wait for the feed.").
				query("{{provider}}", "max by (provider) (marquee_feed_withdrawals_held%s)", chosen),
			graph("Chunks by outcome", units.OpsPerSecond,
				"Repeated ones follow a restart and cost only time; late ones are of a run that another has overtaken.").
				query("{{provider}} {{outcome}}", "%s", total("provider, outcome", "marquee_chunks_total"+chosen)),
			graph("Events skipped as old", units.OpsPerSecond,
				"They came late, and a later run knows better; many of them are work for nothing, done too slowly.").
				query("{{provider}}", "%s", total("provider", "marquee_events_skipped_as_old_total"+chosen)),
			graph("How long a chunk's transaction takes", units.Seconds,
				"Where it rises with the backlog, the store is what limits; where it does not, more consumers help.").
				quantiles(portDuration, `port="ingester",method="apply"`),
		)},
		section{"Records that are not taken", 8, exploring(spans(`name="ingester.apply"`),
			graph("Rejected by reason", units.OpsPerSecond,
				"A new reason, or one that jumps, is a change at the provider; `marquee rejected list --original` shows the records.").
				query("{{provider}} {{reason}}", "%s", some(total("provider, reason", "marquee_records_rejected_total"+chosen))).empty("none").wide(6),
			graph("Share of records rejected", units.PercentUnit,
				"A few in a thousand are ordinary; a step upwards is a format that has changed.").
				query("{{provider}}", "%s", shareBy("provider", rate("marquee_records_rejected_total"+chosen), rate("marquee_feed_records_total"+chosen))).wide(6),
			graph("Rejections open", units.Short,
				"They heal when the provider mends its records; a number that only grows is a provider that was not told.").
				query("{{provider}}", "max by (provider) (marquee_feed_rejections_open%s)", chosen).wide(6),
			graph("Damaged records", units.OpsPerSecond,
				"They were not well formed and were read with indulgence; many of them are worth a word to the provider.").
				query("{{provider}}", "%s", total("provider", "marquee_feed_records_damaged_total"+chosen)).wide(6),
		)},
		section{"Messages", 8, exploring(spans(`name=~"process .*"`),
			graph("Backlog", units.Short,
				"It rises with every reading and should be back at 0 before the next one.").
				query("messages", "max (marquee_backlog_messages)"),
			graph("Age of the oldest message", units.Seconds,
				"It is the delay between what was fetched and what users see; one that only rises is a queue that nobody works at.").
				query("oldest", "max (marquee_backlog_oldest_seconds)"),
			graph("Parked messages", units.Short,
				"Above 0 a message is faulty itself, and its run cannot be concluded: `marquee parked show` tells which.").
				query("parked now", "max (marquee_messages_parked)").
				query("parked in the last hour: {{reason}}", "%s", some(inAnHour("reason", "marquee_messages_parked_total"))),
			graph("Deliveries", units.OpsPerSecond,
				"Retried ones wait for a dependency; a panicked one is a mistake in the program.").
				query("{{kind}} {{outcome}}", "%s", some(total("kind, outcome", "marquee_deliveries_total"))).stack(),
			graph("Redeliveries", units.OpsPerSecond,
				"They follow a consumer that was killed, or one that takes longer than the broker waits.").
				query("{{kind}}", "%s", some(total("kind", "marquee_redeliveries_total"))).empty("none"),
			graph("Messages published", units.OpsPerSecond,
				"Published and not delivered is a backlog; delivered and not published is what is left of an earlier one.").
				query("{{kind}}", "%s", total("kind", "marquee_messages_published_total")),
			graph("How long messages wait", units.Seconds,
				"From being published to being taken in hand: where this rises, there are too few consumers, or none.").
				quantiles("marquee_delivery_wait_seconds", ""),
			graph("How long deliveries are in hand", units.Seconds,
				"Where this rises, the store has become slower, or a dependency is being waited for.").
				quantiles("marquee_delivery_duration_seconds", ""),
			graph("Deliveries in hand", units.Short,
				"At the number of consumers all the time, they are the limit.").
				query("{{instance}}", "sum by (instance) (marquee_deliveries_in_flight)"),
		)},
	)
}

// breaker are the words for what leaves a dependency alone while it fails.
var breaker = []word{{"0", "asked", green}, {"1", "left alone", red}}
