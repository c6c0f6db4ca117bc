package feedsim

import (
	"net/http"
	"slices"
)

// Misbehaviour is one way in which a provider misbehaves. Its name is stable.
type Misbehaviour string

// The misbehaviours; Description says what each of them is.
const (
	ServerError Misbehaviour = "server_error"
	Unavailable Misbehaviour = "unavailable"
	RateLimited Misbehaviour = "rate_limited"
	NotModified Misbehaviour = "not_modified"

	Redirect     Misbehaviour = "redirect"
	RedirectLoop Misbehaviour = "redirect_loop"

	NoAnswer Misbehaviour = "no_answer"
	SlowDrip Misbehaviour = "slow_drip"
	Stall    Misbehaviour = "stall"

	CutConnection Misbehaviour = "cut_connection"
	CutDocument   Misbehaviour = "cut_document"
	CutGzip       Misbehaviour = "cut_gzip"
	LengthTooLong Misbehaviour = "length_too_long"
	LengthShort   Misbehaviour = "length_too_short"
	EmptyBody     Misbehaviour = "empty_body"

	Garbage      Misbehaviour = "garbage"
	HTML         Misbehaviour = "html"
	JSON         Misbehaviour = "json"
	Latin1       Misbehaviour = "latin1"
	Latin1AsUTF8 Misbehaviour = "latin1_as_utf8"
	UTF16        Misbehaviour = "utf16"
	GzipFile     Misbehaviour = "gzip_file"

	GzipBomb       Misbehaviour = "gzip_bomb"
	EntityBomb     Misbehaviour = "entity_bomb"
	ExternalEntity Misbehaviour = "external_entity"
	DeepNesting    Misbehaviour = "deep_nesting"
	GiantAttribute Misbehaviour = "giant_attribute"

	EmptyList        Misbehaviour = "empty_list"
	NoOutput         Misbehaviour = "no_output"
	TwoRoots         Misbehaviour = "two_roots"
	TrailingText     Misbehaviour = "trailing_text"
	EveryEventTwice  Misbehaviour = "every_event_twice"
	HalfGone         Misbehaviour = "half_gone"
	RecordsMalformed Misbehaviour = "malformed_records"
)

// conduct is what the provider does while it misbehaves in that way.
type conduct struct {
	Misbehaviour
	description string
	answer      func(*Moody, http.ResponseWriter, *http.Request)
}

var conducts = []conduct{
	{ServerError, "answers 500", refusal(http.StatusInternalServerError, "")},
	{Unavailable, "answers 503 and asks to come back in three seconds", refusal(http.StatusServiceUnavailable, "3")},
	{RateLimited, "answers 429 and asks to come back in three seconds", refusal(http.StatusTooManyRequests, "3")},
	{NotModified, "answers 304, also to who set no condition", refusal(http.StatusNotModified, "")},

	{Redirect, "sends to another path, where the feed is", (*Moody).redirect},
	{RedirectLoop, "sends round in circles", (*Moody).redirectLoop},

	{NoAnswer, "takes the request and never answers", (*Moody).noAnswer},
	{SlowDrip, "sends the feed one byte at a time, one a second", (*Moody).slowDrip},
	{Stall, "sends a few events and falls silent", (*Moody).stall},

	{CutConnection, "sends a few events and cuts the connection", (*Moody).cutConnection},
	{CutDocument, "sends a few events and ends the answer in good order, the XML unfinished", (*Moody).cutDocument},
	{CutGzip, "sends a few events compressed and ends the answer in good order, the gzip unfinished", (*Moody).cutGzip},
	{LengthTooLong, "declares a body of 1 GiB, sends the whole feed and hangs up", (*Moody).lengthTooLong},
	{LengthShort, "declares a body of 1000 bytes, so that the feed ends there", (*Moody).lengthTooShort},
	{EmptyBody, "answers 200 with no body", page("application/xml", "")},

	{Garbage, "sends bytes that mean nothing", (*Moody).garbage},
	{HTML, "sends a web page with status 200", page("text/html; charset=utf-8", maintenancePage)},
	{JSON, "sends JSON with status 200", page("application/json", `{"error":null,"data":{"events":[]}}`+"\n")},
	{Latin1, "sends the feed in ISO-8859-1 and declares it, which is allowed", (*Moody).latin1},
	{Latin1AsUTF8, "sends the feed in ISO-8859-1 and declares UTF-8", (*Moody).latin1AsUTF8},
	{UTF16, "sends the feed in UTF-16 and declares it, which is allowed", (*Moody).utf16},
	{GzipFile, "sends the feed as a .gz file, whether gzip is accepted or not", (*Moody).gzipFile},

	{GzipBomb, "sends a few megabytes that unpack to more than 4 GiB of an empty list", (*Moody).gzipBomb},
	{EntityBomb, "sends a title that grows to a billion words when its entities are expanded", page("application/xml", entityBomb)},
	{ExternalEntity, "sends a title that is the content of /etc/passwd for who follows external entities", page("application/xml", externalEntity)},
	{DeepNesting, "sends a hundred thousand elements inside each other", (*Moody).deepNesting},
	{GiantAttribute, "sends a title of 16 MiB", (*Moody).giantAttribute},

	{EmptyList, "sends the feed without its events, well formed", (*Moody).emptyList},
	{NoOutput, "sends a list that lacks its output element", page("application/xml", withoutOutput)},
	{TwoRoots, "sends the feed with a second list behind it", behindTheFeed("<eventList version=\"1.0\"><output/></eventList>\n")},
	{TrailingText, "sends the feed with a warning of its script behind it", behindTheFeed("\nWarning: mysqli_close(): Couldn't fetch mysqli in feed.php on line 217\n")},
	{EveryEventTwice, "sends every base event twice", (*Moody).everyEventTwice},
	{HalfGone, "leaves out half of the base events, the same ones each time, well formed", (*Moody).halfGone},
	{RecordsMalformed, "puts malformed records between the good ones", (*Moody).malformedRecords},
}

// Misbehaviours are all that there are, alike ones together.
func Misbehaviours() []Misbehaviour {
	all := make([]Misbehaviour, len(conducts))
	for i, c := range conducts {
		all[i] = c.Misbehaviour
	}
	return all
}

// Description says what the provider does, as the end of a sentence that begins with it; empty for a name that is none
// of Misbehaviours.
func (m Misbehaviour) Description() string {
	if c, known := m.conduct(); known {
		return c.description
	}
	return ""
}

func (m Misbehaviour) conduct() (conduct, bool) {
	i := slices.IndexFunc(conducts, func(c conduct) bool { return c.Misbehaviour == m })
	if i < 0 {
		return conduct{}, false
	}
	return conducts[i], true
}
