package feedxml

import (
	"net/http"
	"strconv"
	"time"
)

// retryAfter reads Retry-After (RFC 9110, section 10.2.3), in seconds or as a date, at most
// maxRetryAfter; zero for none, a past or an unreadable one.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
