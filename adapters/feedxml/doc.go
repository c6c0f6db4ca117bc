// Package feedxml reads a provider's feed: an HTTP client and a streaming decoder of the XML
// list in both of its dialects.
//
//	<eventList><output>                            <planList><output>
//	  <base_event base_event_id="291" …>             <base_plan base_plan_id="291" …>
//	    <event event_id="291" event_start_date …>      <plan plan_id="291" plan_start_date …>
//	      <zone zone_id="40" price="20.00" …/>           <zone zone_id="40" price="20.00" …/>
//
// A record is handed over when its event ends, so memory depends on the largest event and not on
// the feed. Names are those of the eventList dialect; values are what the feed says, character by
// character. Elements that the list does not define are skipped with all they hold; attributes
// are all kept.
//
// # What is wrong with a feed, and what comes of it
//
// Damage stays where it is. The record goes on, marked Damaged, when bytes are no valid text or a
// character is one that XML forbids (each becomes U+FFFD), when an ampersand begins no
// reference, or a less-than sign no markup (both are taken literally: "Rock & Roll", "I <3 jazz").
// The record goes on with a Flaw, so that it is rejected and counted as seen, when a value is
// too long (cut), or there are too many zones or attributes (the rest is dropped).
//
// Where the structure itself is broken nothing behind it can be trusted: the records before are
// handed over and the reading ends in fault.Unavailable with the line and byte. So it does when the
// feed ends before its root is closed, when anything but comments and white space follows the
// root, when there is no output element, or when a bound on the whole is passed. A nil error therefore means
// that the provider sent a whole list, and only then may an absent event be called gone.
// A document type is skipped, never loaded; one with definitions inside is refused, and no entity
// beyond the five of XML is ever replaced.
//
// # A provider that does not behave
//
// A reading is tried again while it has handed over no record and what went wrong may be over in a moment
// (Retries). A provider whose readings keep failing is left alone for a while (Breaker): Fetch then fails at once with
// CodeLeftAlone. Both remember providers by their ID, some thousand of them. A feed that breaks
// off behind its first record is an error, and whoever reads it begins again.
//
// Redirects are followed up to five times, never from https to http, and never from a public address to one that is private
// or of this machine. Neither credentials nor the query of a feed's URL are told to another host.
// What comes in is bounded in time (Timeouts) and in size (Limits), and a body that decompresses
// to hundreds of times its size is refused.
//
// # Why a scanner of its own
//
// encoding/xml ends for good at an invalid byte or a stray ampersand, bounds neither depth nor the
// length of a value nor the number of attributes, and accepts a second root. A filter in front of it would have
// to know where tags, values, comments and CDATA begin, which is the scanner, written a second time
// and obliged to agree with the first. So there is one, for exactly the XML that a list consists of; it
// is more than ten times as fast, and FuzzDecode holds it equal to encoding/xml on every document
// that encoding/xml accepts.
package feedxml
