package hitratio

import (
	"fmt"
	"net/url"
	"time"
)

// question is something that people ask for.
type question struct{ name, path string }

// questions are in the order of how often they are asked, the most frequent one first, on the day that begins then. People
// ask by the calendar, so the same question has the same bounds all day.
func questions(today time.Time) []question {
	var all []question
	ask := func(name string, from, to time.Time) {
		q := url.Values{"starts_at": {from.Format(time.RFC3339)}}
		if !to.IsZero() {
			q.Set("ends_at", to.Format(time.RFC3339))
		}
		all = append(all, question{name, "/search?" + q.Encode()})
	}
	// What begins on a day may end in the morning after.
	const night = 30 * time.Hour
	saturday := today.AddDate(0, 0, int(time.Saturday-today.Weekday()))
	ask("tonight", today.Add(18*time.Hour), today.Add(night))
	ask("this weekend", saturday, saturday.AddDate(0, 0, 1).Add(night))
	for day := range 60 {
		ask(fmt.Sprintf("day %d", day), today.AddDate(0, 0, day), today.AddDate(0, 0, day).Add(night))
		if day == 7 {
			ask("next 30 days", today, today.AddDate(0, 0, 30))
		}
		if week := day / 7; day%7 == 3 && week < 8 {
			ask(fmt.Sprintf("week %d", week), today.AddDate(0, 0, 7*week), today.AddDate(0, 0, 7*week+7))
		}
	}
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	for back := 1; back <= 6; back++ {
		ask(fmt.Sprintf("%d months ago", back), month.AddDate(0, -back, 0), month.AddDate(0, 1-back, 0))
	}
	ask("everything from now on", today, time.Time{})
	return all
}
