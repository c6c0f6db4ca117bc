// Package feedsim is a ticketing provider to try things against: a library for tests, and a server
// for demonstrations. Nobody has to be asked before it is fetched ten times a second, and whoever
// looks at its feed finds concerts, matches and plays that could be on sale somewhere.
//
// # A provider without a memory
//
// Nothing is stored. Every base event is a pure function of the seed and of its place in one endless
// programme that began on 1 January 2000; what the feed says of it is a pure function of that and of the
// moment. Hence the promises:
//
//   - The same options, the same moment and the same number of fetches give the same bytes, in every process
//     and on every machine.
//   - A provider that is started again later, or asked what it said thirty days ago ([Sim.At],
//     [Sim.HoldAt]), speaks of the same events. A day apart, more than nine tenths of the identities are shared.
//   - A feed of any size is written as it is made up, in constant memory.
//
// # Two clocks
//
// The calendar says which events are announced, and which are past; it follows [Options.Clock] or stands
// where [Sim.HoldAt] put it. The activity clock says what has happened to them: tickets sold, prices changed.
// It reads the same as the calendar, in ticks of one minute, except that each fetch moves it on by at
// least one tick. So two fetches never find quite the same provider, however fast they follow each other, and
// still the programme does not run away from today. After many quick fetches the activity clock is ahead; a
// restart sets it back to the calendar, which gives some tickets back and renews the short-lived part of the feed.
//
// # What happens between two fetches
//
// Most of the catalogue is the season: base events announced weeks or months ahead. Their tickets sell, at first
// slowly; zones and then events sell out, early-bird prices end, promotions come and go. At any time one in a
// hundred is missing from the feed, to come back within twelve minutes; three in a hundred are withdrawn for
// good at some time, two turn offline, some ends move. Events leave hours or days after their end, a few after a month.
//
// Three in a hundred events are last-minute offers: in the feed for one to two hours of activity, mostly
// gone before they take place. Of a thousand events, every third tick brings a new one, and takes one away. They sell
// quickly, and one in four ends as offline. All rates are in proportion to the size of the catalogue,
// and its size stays about the same. In a thousand events, a tick sells tickets in some thirty zones.
//
// # Traps
//
// Unless [Options.Clean] is set, the feed sets the traps that real ones set, in small measure: an event id used
// under several base events, a zone id twice in one event, an empty script element, sold_out flags that contradict
// the capacities, and one event on 31 September. Organizers are missing in any case; they are optional.
//
// # Misbehaviour
//
// A [Moody] around the feed misbehaves on request, while it runs: for a number of fetches or until told otherwise, by
// a call or over HTTP. [Misbehaviours] lists the ways: providers that are down, slow, cut off or
// redirected, bodies that are no feed or mean harm, lists that are not what they should be, and, one by one, the
// [MalformedRecords] that a consumer has to reject without losing their neighbours.
package feedsim
