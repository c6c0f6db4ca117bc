package feedsim

// chance is a die that has been cast already. Asked for a topic it gives the same answer for ever, in whatever order
// the topics are asked, so any detail of any event can be told without telling the others first.
type chance uint64

// topic keeps the draws for different matters apart.
type topic int64

// The numbers are part of what a seed means: add at the end.
const (
	ofSeason topic = iota + 1
	ofOffers
	ofJitter
	ofKind
	ofPlace
	ofVenue
	ofTitle
	ofName
	ofOrganizer
	ofLead
	ofSchedule
	ofHour
	ofLength
	ofExtension
	ofSaleStart
	ofLinger
	ofPopularity
	ofPrice
	ofEnding
	ofFree
	ofZones
	ofCapacity
	ofZonePace
	ofEarlyBird
	ofDemand
	ofPromotion
	ofAbsence
	ofWithdrawal
	ofSellMode
	ofEndMove
	ofTrap
	ofLifetime
)

// about narrows the die down to a topic.
func (c chance) about(t topic) chance { return c.nth(int64(t)) }

// nth narrows the die down to one of several like things.
func (c chance) nth(n int64) chance {
	// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
	x := uint64(c) + uint64(n)*0x9e3779b97f4a7c15 + 0x632be59bd9b4e019 //nolint:gosec // bits, whatever they mean
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return chance(x ^ x>>31)
}

// below is a number from 0 to n-1; n is at least 1.
func (c chance) below(n int64) int64 { return int64(c>>1) % n }

// between is a number from low to high, both included.
func (c chance) between(low, high int64) int64 { return low + c.below(high-low+1) }

// permille tells whether something that happens to that many in a thousand happens here.
func (c chance) permille(share int64) bool { return c.below(1000) < share }

func pick[T any](c chance, from []T) T { return from[c.below(int64(len(from)))] }
