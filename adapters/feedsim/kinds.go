package feedsim

// What is on differs by kind: a match is on one evening and has stands, an exhibition is on for weeks and
// costs little, a play runs from Thursday to Sunday. Everything that differs is in this table.

// kind of event.
type kind struct {
	category string // for Extended feeds
	share    int64  // of the base events, in a thousand
	lead     [2]int64
	schedule schedule
	house    house
	capacity [2]int64 // of the main zone
	euros    [2]int64 // of the main zone
	free     int64    // share of those without a price, in a thousand
	titles   func(*tongue) []string
}

// Lead is in days from the announcement to the first day.
var kinds = []kind{
	{category: "concert", share: 270, lead: [2]int64{12, 130}, schedule: nights, house: arena, capacity: [2]int64{250, 4000}, euros: [2]int64{16, 75}, free: 10, titles: func(t *tongue) []string { return t.concert }},
	{category: "theatre", share: 190, lead: [2]int64{10, 80}, schedule: run, house: hall, capacity: [2]int64{120, 650}, euros: [2]int64{14, 38}, titles: func(t *tongue) []string { return t.theatre }},
	{category: "football", share: 90, lead: [2]int64{10, 45}, schedule: match, house: stadium, capacity: [2]int64{900, 9000}, euros: [2]int64{20, 85}, titles: func(t *tongue) []string { return t.football }},
	{category: "exhibition", share: 70, lead: [2]int64{5, 50}, schedule: weeks, house: entrance, capacity: [2]int64{2000, 15000}, euros: [2]int64{5, 17}, free: 180, titles: func(t *tongue) []string { return t.exhibition }},
	{category: "comedy", share: 110, lead: [2]int64{8, 70}, schedule: doubleBill, house: club, capacity: [2]int64{60, 420}, euros: [2]int64{10, 28}, titles: func(t *tongue) []string { return t.comedy }},
	{category: "family", share: 90, lead: [2]int64{8, 60}, schedule: matinees, house: hall, capacity: [2]int64{100, 480}, euros: [2]int64{7, 18}, free: 60, titles: func(t *tongue) []string { return t.family }},
	{category: "classical", share: 90, lead: [2]int64{15, 125}, schedule: nights, house: hall, capacity: [2]int64{200, 900}, euros: [2]int64{15, 95}, titles: func(t *tongue) []string { return t.classical }},
	{category: "festival", share: 30, lead: [2]int64{40, 140}, schedule: daysOut, house: field, capacity: [2]int64{1500, 18000}, euros: [2]int64{35, 140}, free: 40, titles: func(t *tongue) []string { return t.festival }},
	{category: "talk", share: 60, lead: [2]int64{5, 35}, schedule: afternoon, house: entrance, capacity: [2]int64{30, 220}, euros: [2]int64{3, 12}, free: 650, titles: func(t *tongue) []string { return t.talk }},
}

// lastMinute is what the short-lived offers are of. It is no part of the season.
var lastMinute = kind{
	category: "experience", schedule: soon, house: club, capacity: [2]int64{12, 110}, euros: [2]int64{6, 32}, free: 120,
	titles: func(t *tongue) []string { return t.lastMinute },
}

func kindOf(c chance) *kind {
	at := c.below(1000)
	for i := range kinds {
		if at -= kinds[i].share; at < 0 {
			return &kinds[i]
		}
	}
	return &kinds[len(kinds)-1]
}

// house is a sort of venue; it decides what the zones are.
type house uint8

const (
	hall house = iota
	arena
	stadium
	entrance
	club
	field
	houses
)

// A plot is what a zone of a house is, compared with the main one, in per cent.
type plot struct {
	price, size int64
	numbered    bool
}

// Names are in the tongues, by house and in this order.
var plots = [houses][]plot{
	hall:     {{100, 100, true}, {70, 60, true}, {120, 10, true}, {50, 45, true}, {170, 6, true}, {40, 8, true}},
	arena:    {{100, 100, false}, {115, 60, true}, {75, 90, true}, {220, 5, true}, {160, 15, false}, {60, 2, true}},
	stadium:  {{100, 100, true}, {80, 140, true}, {50, 120, true}, {50, 115, true}, {280, 4, true}, {30, 20, true}},
	entrance: {{100, 100, false}, {60, 60, false}, {85, 30, false}, {150, 5, false}},
	club:     {{100, 100, false}, {130, 30, true}, {80, 20, false}},
	field:    {{100, 100, false}, {210, 5, false}, {130, 30, false}, {300, 2, false}},
}

// sectored tells whether a house is divided further when more zones are asked for than it has.
func (h house) sectored() bool { return h == hall || h == arena || h == stadium }
