package feedsim

import "time"

const (
	minute = int64(60)
	hour   = 60 * minute
	day    = 24 * hour
)

// Bounds of what schedules give.
const (
	maxSessions = 16
	maxSpan     = 90 * day // from the first start to the last end
)

// session is one event of a base event. Times are seconds of a wall clock that never jumps.
type session struct {
	number     int64 // among the sessions of its base event, from 0
	start, end int64
	announced  int64
	worth      int64 // price compared with the first session's, in per cent
}

// schedule appends the sessions of a base event whose first day is at the earliest the one given by its midnight.
type schedule func(c chance, midnight int64, out []session) []session

func at(midnight, hours, minutes, length int64) session {
	start := midnight + hours*hour + minutes*minute
	return session{start: start, end: start + length*minute, worth: 100}
}

// next is the midnight of the first such weekday from that day on.
func next(midnight int64, w time.Weekday) int64 {
	const epoch = int64(time.Thursday)
	today := (midnight/day + epoch) % 7
	return midnight + (int64(w)-today+7)%7*day
}

// nights: one evening, sometimes two in a row.
func nights(c chance, midnight int64, out []session) []session {
	evenings := []time.Weekday{time.Friday, time.Saturday, time.Saturday, time.Thursday, time.Friday, time.Sunday, time.Wednesday}
	d := next(midnight, pick(c.about(ofSchedule), evenings))
	h, length := c.about(ofHour).between(40, 44), 90+15*c.about(ofLength).below(5)
	out = append(out, at(d, h/2, h%2*30, length))
	if c.about(ofExtension).permille(180) {
		out = append(out, at(d+day, h/2, h%2*30, length))
	}
	return out
}

// run: evenings from Thursday to Sunday, a matinee on Saturday, for one to three weeks.
func run(c chance, midnight int64, out []session) []session {
	thursday, length := next(midnight, time.Thursday), 80+10*c.about(ofLength).below(8)
	late := c.about(ofHour).permille(350)
	for week := range c.about(ofSchedule).between(1, 3) {
		d := thursday + week*7*day
		if late {
			out = append(out, at(d+day, 20, 30, length), at(d+2*day, 20, 30, length), at(d+3*day, 19, 0, length))
			continue
		}
		out = append(out, at(d, 20, 0, length), at(d+day, 20, 0, length), at(d+2*day, 17, 0, length), at(d+2*day, 20, 30, length), at(d+3*day, 18, 0, length))
	}
	return out
}

// match: at the weekend, or on a Wednesday evening.
func match(c chance, midnight int64, out []session) []session {
	kickOffs := []struct {
		day           time.Weekday
		hour, minutes int64
	}{
		{time.Saturday, 16, 15}, {time.Saturday, 18, 30}, {time.Saturday, 21, 0}, {time.Sunday, 14, 0},
		{time.Sunday, 16, 15}, {time.Sunday, 18, 30}, {time.Sunday, 21, 0}, {time.Friday, 21, 0}, {time.Wednesday, 20, 45},
	}
	k := pick(c.about(ofSchedule), kickOffs)
	return append(out, at(next(midnight, k.day), k.hour, k.minutes, 105))
}

// weeks: open every day, as one event from the opening to the last evening.
func weeks(c chance, midnight int64, out []session) []session {
	length := c.about(ofLength).between(14, 84)
	s := at(midnight, 10, 0, 0)
	s.end = midnight + length*day + c.about(ofHour).between(18, 21)*hour
	return append(out, s)
}

// doubleBill: one evening, the popular ones with a late show, on one to three Fridays or Saturdays.
func doubleBill(c chance, midnight int64, out []session) []session {
	d := next(midnight, pick(c.about(ofSchedule), []time.Weekday{time.Friday, time.Saturday, time.Thursday}))
	length := 70 + 5*c.about(ofLength).below(5)
	for week := range pick(c.about(ofExtension), []int64{1, 1, 1, 2, 3}) {
		out = append(out, at(d+week*7*day, 20, 30, length))
		if c.about(ofHour).permille(300) {
			out = append(out, at(d+week*7*day, 22, 30, length))
		}
	}
	return out
}

// matinees: Saturdays and Sundays at noon and in the afternoon.
func matinees(c chance, midnight int64, out []session) []session {
	saturday, length := next(midnight, time.Saturday), 50+5*c.about(ofLength).below(6)
	noon := c.about(ofHour).permille(600)
	for week := range c.about(ofSchedule).between(1, 3) {
		d := saturday + week*7*day
		if noon {
			out = append(out, at(d, 12, 0, length))
		}
		out = append(out, at(d, 17, 0, length), at(d+day, 12, 0, length))
	}
	return out
}

// daysOut: a pass for the whole festival, and a ticket for each day; the doors close after midnight.
func daysOut(c chance, midnight int64, out []session) []session {
	d, days := next(midnight, time.Friday), c.about(ofSchedule).between(2, 3)
	opens := c.about(ofHour).between(16, 18)
	pass := at(d, opens, 0, 0)
	pass.end, pass.worth = d+days*day+2*hour, 100
	out = append(out, pass)
	for n := range days {
		one := at(d+n*day, opens, 0, 0)
		one.end, one.worth = d+(n+1)*day+2*hour, 45
		out = append(out, one)
	}
	return out
}

// afternoon: one session on a working day.
func afternoon(c chance, midnight int64, out []session) []session {
	d := next(midnight, time.Monday+time.Weekday(c.about(ofSchedule).below(5)))
	h := c.about(ofHour).between(34, 39)
	return append(out, at(d, h/2, h%2*30, 60+15*c.about(ofLength).below(4)))
}

// soon: today or in the next days, at a full or half hour.
func soon(c chance, midnight int64, out []session) []session {
	h := c.about(ofHour).between(22, 43)
	return append(out, at(midnight, h/2, h%2*30, 60+15*c.about(ofLength).below(5)))
}
