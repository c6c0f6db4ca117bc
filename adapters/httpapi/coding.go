package httpapi

import (
	"net/http"
	"strconv"
	"strings"
)

// coding is a content coding (RFC 9110, 8.4.1); empty for none.
type coding string

const (
	asIs   coding = ""
	asZstd coding = "zstd"
	asGzip coding = "gzip"
)

// codings are those that answers are compressed with, the one that is liked best first.
var codings = [...]coding{asZstd, asGzip}

// least is the size from which compressing an answer saves a packet.
const least = 1 << 10 // bytes

// choose is the coding that the client likes best. Of those that it likes as well as another, the first of codings is taken.
// Who accepts nothing at all, the plain answer included, gets that.
func choose(accept []string) coding {
	if len(accept) == 0 {
		return asIs
	}
	asked := strings.Join(accept, ",")
	best, bestQ := asIs, -1.0
	for _, c := range codings {
		if q := quality(asked, c); q > 0 && q > bestQ {
			best, bestQ = c, q
		}
	}
	if q := quality(asked, "identity"); q > bestQ {
		return asIs
	}
	return best
}

// quality is how much a coding is liked, from 0 to 1, and negative where nothing is said of it.
func quality(asked string, c coding) float64 {
	unsaid := -1.0
	for item := range strings.SplitSeq(asked, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = string(asGzip)
		}
		if name != string(c) && (name != "*" || c == "identity") {
			continue
		}
		q := 1.0
		if key, value, found := strings.Cut(parameters, "="); found && strings.EqualFold(strings.TrimSpace(key), "q") {
			var err error
			if q, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil {
				q = 0
			}
		}
		if name == string(c) {
			return q
		}
		unsaid = q
	}
	return unsaid
}

var byEncoding = always("Accept-Encoding")

// vary says what an answer depends on besides its address.
func vary(h http.Header) { h["Vary"] = byEncoding }
