package alerts_test

// Requests by the step. 600 a minute are ten a second.
const (
	good    = `marquee_http_requests_total{route="/search",method="GET",code="200"} `
	bad     = `marquee_http_requests_total{route="/search",method="GET",code="503"} `
	absent  = `marquee_http_requests_total{route="/events",method="GET",code="404"} `
	limited = `marquee_http_requests_total{route="/search",method="GET",code="429"} `
	others  = `marquee_http_requests_total{route="/status",method="GET",code="503"} `
	timed   = `marquee_http_request_duration_seconds_count{route="/search",method="GET",class="2xx"} `
	prompt  = `marquee_http_request_duration_seconds_bucket{route="/search",method="GET",class="2xx",le="0.1"} `
)

// A feed that is read every minute. Time begins at 0 in a scene.
const (
	interval  = `marquee_feed_interval_seconds{provider="p"} 60x100`
	concluded = `marquee_feed_last_concluded_timestamp_seconds{provider="p",instance="a"} `
	answered  = `marquee_feed_last_answered_timestamp_seconds{provider="p",instance="a"} `
	failed    = `marquee_feed_last_failed_timestamp_seconds{provider="p",instance="a"} `
)

var scenes = []scene{
	{"SearchAvailabilityBurn", "a tenth fails for a quarter of an hour", []string{good + "0+540x30", bad + "0+60x30"}, "25m", []string{`severity="page",burn="fast"`, `severity="page",burn="medium"`}},
	{"SearchAvailabilityBurn", "one in a hundred fails for hours: only the slower rule wakes", []string{good + "0+5940x40", bad + "0+60x40"}, "6h", []string{`severity="page",burn="medium"`}},
	{"SearchAvailabilityBurn", "a burst is over", []string{good + "0+600x100", bad + "0+100x20 2000x80"}, "40m", []string{`severity="page",burn="medium"`}},
	{"SearchAvailabilityBurn", "everybody is refused or finds nothing", []string{good + "0+600x30", absent + "0+600x30", limited + "0+6000x30"}, "20m", nil},
	{"SearchAvailabilityBurn", "what fails is no search", []string{good + "0+600x30", others + "0+600x30"}, "20m", nil},
	{"SearchAvailabilityBurn", "one of few requests fails", []string{good + "0+1x60", bad + "0x20 1x40"}, "25m", nil},
	{"SearchAvailabilityBurn", "nobody asks", []string{good + "5x60", bad + "5x60"}, "30m", nil},
	{"SearchAvailabilitySlowBurn", "two in a thousand fail for a day", []string{good + "0+5988x150", bad + "0+12x150"}, "24h", []string{`severity="ticket",burn="slow"`}},
	{"SearchAvailabilitySlowBurn", "one in two thousand fails", []string{good + "0+5997x150", bad + "0+3x150"}, "24h", nil},
	{"SearchLatencyBurn", "a third is slow", []string{timed + "0+600x30", prompt + "0+400x30"}, "20m", []string{`severity="page",burn="fast"`, `severity="page",burn="medium"`}},
	{"SearchLatencyBurn", "one in twenty is slow", []string{timed + "0+600x60", prompt + "0+570x60"}, "40m", nil},
	{"SearchLatencySlowBurn", "one in twenty is slow for a day", []string{timed + "0+600x150", prompt + "0+570x150"}, "24h", []string{`severity="ticket",burn="slow"`}},
	{"SearchLatencySlowBurn", "one in two hundred is slow", []string{timed + "0+600x150", prompt + "0+597x150"}, "24h", nil},

	{"CatalogueFrozen", "it is read and not concluded", []string{interval, concluded + "0x100", answered + "0+60x100", failed + "0x100"}, "10m", []string{`severity="page",provider="p"`}},
	{"CatalogueFrozen", "nothing is read, because the last run is still being consumed", []string{interval, concluded + "0x100", answered + "60x100", failed + "0x100"}, "10m", []string{`severity="page",provider="p"`}},
	{"CatalogueFrozen", "it was never concluded", []string{interval, answered + "0+60x100", failed + "0x100"}, "10m", []string{`severity="page",provider="p"`}},
	{"CatalogueFrozen", "it is concluded", []string{interval, concluded + "0+60x100", answered + "0+60x100", failed + "0x100"}, "30m", nil},
	{"CatalogueFrozen", "another process concludes it", []string{interval, concluded + "0x100", `marquee_feed_last_concluded_timestamp_seconds{provider="p",instance="b"} 0+60x100`, answered + "0+60x100", failed + "0x100"}, "30m", nil},
	{"CatalogueFrozen", "the provider fails", []string{interval, concluded + "0x100", answered + "0x100", failed + "0+60x100"}, "30m", nil},
	{"CatalogueFrozen", "nothing is concluded, and the provider fails now and then", []string{interval, concluded + "0x100", answered + "0+60x3 180 300+60x3 480 600+60x3 780 900+60x20", failed + "0x3 240x4 540x4 840x30"}, "18m", []string{`severity="page",provider="p"`}},
	{"CatalogueFrozen", "it is read once an hour", []string{`marquee_feed_interval_seconds{provider="p"} 3600x100`, concluded + "0x100", answered + "0x100", failed + "0x100"}, "90m", nil},

	{"DataDiskFilling", "a tenth is left, and gone in an hour", []string{`marquee_data_free_bytes{instance="a"} 1600-10x100`, `marquee_data_size_bytes{instance="a"} 10000x100`}, "90m", []string{`severity="page",instance="a"`}},
	{"DataDiskFilling", "it has been full for hours", []string{`marquee_data_free_bytes{instance="a"} 8x100`, `marquee_data_size_bytes{instance="a"} 10000x100`}, "90m", []string{`severity="page",instance="a"`}},
	{"DataDiskFilling", "it is filling slowly", []string{`marquee_data_free_bytes{instance="a"} 2000-1x100`, `marquee_data_size_bytes{instance="a"} 10000x100`}, "90m", nil},
	{"DataDiskFilling", "it is nearly full and stays so", []string{`marquee_data_free_bytes{instance="a"} 100x100`, `marquee_data_size_bytes{instance="a"} 10000x100`}, "90m", nil},

	{"MarqueeAbsent", "nobody is there", []string{`up{job="marquee",instance="a"} 0x30`}, "5m", []string{`severity="page",role="api"`}},
	{"MarqueeAbsent", "only a fetcher is there", []string{`marquee_role{role="fetch",instance="a"} 1x30`}, "5m", []string{`severity="page",role="api"`}},
	{"MarqueeAbsent", "one of two is there", []string{`marquee_role{role="api",instance="a"} 1x5 _x30`, `marquee_role{role="api",instance="b"} 1x30`}, "20m", nil},

	{"ProviderDown", "it fails again and again", []string{interval, answered + "0x100", failed + "0+60x100"}, "12m", []string{`severity="ticket",provider="p"`}},
	{"ProviderDown", "it failed once", []string{interval, answered + "0+60x100", failed + "0x5 300x95"}, "20m", nil},
	{"ProviderDown", "another process reads it", []string{interval, answered + "0x100", failed + "60x100", `marquee_feed_last_answered_timestamp_seconds{provider="p",instance="b"} 0+60x100`}, "20m", nil},

	{"DependencyDown", "one of two processes does not reach it", []string{`marquee_dependency_up{dependency="store",instance="a"} 0x10`, `marquee_dependency_up{dependency="store",instance="b"} 1x10`}, "3m", []string{`severity="ticket",dependency="store"`}},
	{"DependencyDown", "both reach it", []string{`marquee_dependency_up{dependency="store",instance="a"} 1x10`, `marquee_dependency_up{dependency="store",instance="b"} 1x10`}, "5m", nil},
	{"InstanceDown", "one does not answer", []string{`up{job="marquee",instance="a"} 0x20`, `up{job="marquee",instance="b"} 1x20`}, "10m", []string{`severity="ticket",job="marquee",instance="a"`}},
	{"InstanceDown", "one was restarted", []string{`up{job="marquee",instance="a"} 1x5 0x2 1x10`}, "8m", nil},
	{"RoleAbsent", "nobody fetches", []string{`marquee_role{role="api"} 1x20`, `marquee_role{role="consume"} 1x20`}, "10m", []string{`severity="ticket",role="fetch"`}},
	{"RoleAbsent", "nobody consumes", []string{`marquee_role{role="fetch"} 1x20`}, "10m", []string{`severity="ticket",role="consume"`}},
	{"RoleAbsent", "somebody does each", []string{`marquee_role{role="fetch"} 1x20`, `marquee_role{role="consume"} 1x20`}, "10m", nil},
	{"CrashLoop", "four starts in twelve minutes", []string{`process_start_time_seconds{job="marquee",instance="a"} 0x3 180x3 360x3 540x10`}, "15m", []string{`severity="ticket",job="marquee",instance="a"`}},
	{"CrashLoop", "a release", []string{`process_start_time_seconds{job="marquee",instance="a"} 0x3 180x30`}, "15m", nil},

	{"MessagesParked", "two are", []string{`marquee_messages_parked{instance="a"} 2x10`, `marquee_messages_parked{instance="b"} 2x10`}, "3m", []string{`severity="ticket"`}},
	{"MessagesParked", "none is", []string{`marquee_messages_parked 0x10`}, "5m", nil},
	{"WithdrawalHeld", "eighty are", []string{`marquee_feed_withdrawals_held{provider="p"} 80x10`}, "3m", []string{`severity="ticket",provider="p"`}},
	{"WithdrawalHeld", "none is", []string{`marquee_feed_withdrawals_held{provider="p"} 0x10`}, "5m", nil},
	{"RecordsRejected", "a tenth is", []string{`marquee_records_rejected_total{provider="p",reason="bad_date"} 0+10x30`, `marquee_feed_records_total{provider="p"} 0+100x30`}, "15m", []string{`severity="ticket",provider="p"`}},
	{"RecordsRejected", "one in a hundred is", []string{`marquee_records_rejected_total{provider="p",reason="bad_date"} 0+1x30`, `marquee_feed_records_total{provider="p"} 0+100x30`}, "15m", nil},
	{"RecordsRejected", "the feed is unchanged", []string{`marquee_records_rejected_total{provider="p",reason="bad_date"} 100x30`, `marquee_feed_records_total{provider="p"} 100x30`}, "15m", nil},
	{"EventsSkippedAsOld", "many are", []string{`marquee_events_skipped_as_old_total{provider="p"} 0+50x30`}, "10m", []string{`severity="ticket",provider="p",symptom_of="store,broker"`}},
	{"EventsSkippedAsOld", "a run was superseded", []string{`marquee_events_skipped_as_old_total{provider="p"} 0x5 60x30`}, "10m", nil},
	{"BacklogOld", "it is ten minutes old", []string{`marquee_backlog_oldest_seconds 0+60x30`}, "15m", []string{`severity="ticket",symptom_of="store,broker"`}},
	{"BacklogOld", "a large run takes two minutes", []string{`marquee_backlog_oldest_seconds 120x30`}, "15m", nil},
	{"RunFromTheFuture", "one is refused", []string{`marquee_runs_refused_total{provider="p",reason="run_from_the_future"} 0x5 1x30`}, "10m", []string{`severity="ticket",provider="p"`}},
	{"RunFromTheFuture", "others are refused", []string{`marquee_runs_refused_total{provider="p",reason="run_from_the_future"} 0x30`, `marquee_runs_refused_total{provider="p",reason="still_consuming"} 0+1x30`}, "10m", nil},
	{"FeedBreakerOpen", "it stays open", []string{`marquee_feed_breaker_open{provider="p",instance="a"} 1x20`, `marquee_lease_held{lease="fetch:p",instance="a"} 1x20`}, "10m", []string{`severity="ticket",provider="p",symptom_of="provider"`}},
	{"FeedBreakerOpen", "it closes again", []string{`marquee_feed_breaker_open{provider="p",instance="a"} 1x3 0x20`, `marquee_lease_held{lease="fetch:p",instance="a"} 1x20`}, "10m", nil},
	{"FeedBreakerOpen", "another process fetches now", []string{`marquee_feed_breaker_open{provider="p",instance="a"} 1x20`, `marquee_lease_held{lease="fetch:p",instance="a"} 0x20`}, "10m", nil},
	{"RedisBreakerOpen", "it stays open", []string{`marquee_answer_cache_breaker_open{instance="a"} 1x20`}, "10m", []string{`severity="ticket",instance="a"`}},
	{"RedisBreakerOpen", "it closes again", []string{`marquee_answer_cache_breaker_open{instance="a"} 1x3 0x20`}, "10m", nil},
	{"AnswersStale", "a tenth is", []string{`marquee_answers_total{served="stale"} 0+10x30`, `marquee_answers_total{served="memory"} 0+90x30`}, "15m", []string{`severity="ticket",symptom_of="store"`}},
	{"AnswersStale", "none is", []string{`marquee_answers_total{served="stale"} 7x30`, `marquee_answers_total{served="memory"} 0+90x30`}, "15m", nil},
	{"ChangesNotFollowed", "it cannot", []string{`marquee_answer_changes_followed{instance="a"} 0x10`}, "5m", []string{`severity="ticket",instance="a",symptom_of="store"`}},
	{"ChangesNotFollowed", "it can", []string{`marquee_answer_changes_followed{instance="a"} 1x10`}, "5m", nil},
	{"IndexNotUsed", "the catalogue is too large for it", []string{`marquee_index_phase{phase="following",instance="a"} 0x30`, `marquee_index_phase{phase="over_budget",instance="a"} 1x30`}, "15m", []string{`severity="ticket",instance="a",symptom_of="store"`}},
	{"IndexNotUsed", "it is filled again and again, and never followed", []string{`marquee_index_phase{phase="following",instance="a"} 0x30`, `marquee_index_phase{phase="loading",instance="a"} 1 0 1 0 1 0 1x30`}, "15m", []string{`severity="ticket",instance="a",symptom_of="store"`}},
	{"IndexNotUsed", "it was filled anew", []string{`marquee_index_phase{phase="following",instance="a"} 1x3 0x5 1x30`}, "20m", nil},
	{"IndexNotUsed", "a process has none", []string{`marquee_role{role="api",instance="a"} 1x30`}, "20m", nil},
	{"IndexBehind", "the log brings nothing for minutes", []string{`marquee_index_lag_seconds{instance="a"} 0+60x30`, `marquee_index_lag_seconds{instance="b"} 0x30`}, "5m", []string{`severity="ticket",instance="a",symptom_of="store"`}},
	{"IndexBehind", "it is a minute behind, and catches up", []string{`marquee_index_lag_seconds{instance="a"} 0 60 0 60 0x30`}, "3m", nil},
	{"IndexBehind", "it is filled anew", []string{`marquee_index_lag_seconds{instance="a"} 0x3 60 120 180 stale`}, "8m", nil},
	{"IndexWrong", "one day was", []string{`marquee_index_mismatches_total{how="itself",instance="a"} 0x5 1x60`, `marquee_index_mismatches_total{how="store",instance="a"} 0x60`}, "10m", []string{`severity="ticket",instance="a",how="itself"`}},
	{"IndexWrong", "one was, an hour ago", []string{`marquee_index_mismatches_total{how="store",instance="a"} 0x5 1x80`}, "70m", nil},
	{"PoolExhausted", "three wait at any moment", []string{`marquee_pool_wait_seconds_total{pool="store_read",instance="a"} 0+180x20`}, "12m", []string{`severity="ticket",instance="a",pool="store_read",symptom_of="store"`}},
	{"PoolExhausted", "everybody gives up waiting", []string{`marquee_pool_unanswered_total{pool="store_read",instance="a"} 0+60x20`}, "12m", []string{`severity="ticket",instance="a",pool="store_read",symptom_of="store"`}},
	{"PoolExhausted", "somebody waits now and then", []string{`marquee_pool_wait_seconds_total{pool="store_read",instance="a"} 0+6x20`}, "12m", nil},
	{"CPUSaturated", "two of two are busy", []string{`process_cpu_seconds_total{job="marquee",instance="a"} 0+118x40`, `go_sched_gomaxprocs_threads{job="marquee",instance="a"} 2x40`}, "25m", []string{`severity="ticket",instance="a"`}},
	{"CPUSaturated", "one of two is busy", []string{`process_cpu_seconds_total{job="marquee",instance="a"} 0+60x40`, `go_sched_gomaxprocs_threads{job="marquee",instance="a"} 2x40`}, "25m", nil},
	{"MemoryNearLimit", "all of it is used", []string{`process_resident_memory_bytes{job="marquee",instance="a"} 480e6x40`, `go_gc_gomemlimit_bytes{job="marquee",instance="a"} 490e6x40`}, "25m", []string{`severity="ticket",instance="a"`}},
	{"MemoryNearLimit", "there is no limit", []string{`process_resident_memory_bytes{job="marquee",instance="a"} 480e6x40`, `go_gc_gomemlimit_bytes{job="marquee",instance="a"} 9223372036854775807x40`}, "25m", nil},
	{"AlertsUndelivered", "Slack refuses", []string{`alertmanager_notifications_failed_total{integration="slack",reason="clientError"} 0x5 3x30`}, "10m", []string{`severity="ticket",integration="slack"`}},
	{"AlertsUndelivered", "all are taken", []string{`alertmanager_notifications_failed_total{integration="slack",reason="clientError"} 0x30`}, "10m", nil},
	{"WatcherDown", "the collector does not answer", []string{`up{job="collector",instance="c"} 0x20`, `up{job="alertmanager",instance="m"} 1x20`}, "10m", []string{`severity="ticket",job="collector",instance="c"`}},
	{"WatcherDown", "it was restarted", []string{`up{job="collector",instance="c"} 1x3 0x2 1x20`}, "10m", nil},
	{"TelemetryLost", "exports fail", []string{`marquee_telemetry_errors_total{instance="a"} 0+1x30`}, "10m", []string{`severity="ticket",instance="a"`}},
	{"TelemetryLost", "one failed long ago", []string{`marquee_telemetry_errors_total{instance="a"} 0 1x60`}, "40m", nil},

	{"Watchdog", "always", nil, "0m", []string{`severity="none"`}},
}
