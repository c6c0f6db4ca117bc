package httpapi

import (
	"encoding/base64"
	"strings"

	"github.com/zeebo/xxh3"
)

// tagSize is the length of a tag: 120 bits, so that no two bodies ever have the same.
const tagSize = 20

// tagOf is the tag of what is told by a body, the same in every process.
func tagOf(body []byte) string { return string(appendTag(make([]byte, 0, tagSize), body)) }

// appendTag appends it. It tells bodies of the catalogue's apart, and keeps no secret, so the hash is one that is quick.
func appendTag(b, body []byte) []byte {
	sum := xxh3.Hash128(body).Bytes()
	return base64.RawURLEncoding.AppendEncode(b, sum[:tagSize*6/8])
}

// entityTag is the ETag of a representation: those that are coded differently are different ones.
func entityTag(tag string, c coding) string {
	if c == asIs {
		return `"` + tag + `"`
	}
	return `"` + tag + "-" + string(c) + `"`
}

// holds tells whether who sent the If-None-Match has what the tag stands for, in whatever coding. Tags are compared weakly
// (RFC 9110, 13.1.2).
func holds(ifNoneMatch []string, tag string) bool {
	for _, line := range ifNoneMatch {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" {
				return true
			}
			candidate = strings.TrimPrefix(candidate, "W/")
			quoted := len(candidate) >= 2 && candidate[0] == '"' && candidate[len(candidate)-1] == '"'
			if !quoted {
				continue
			}
			candidate = candidate[1 : len(candidate)-1]
			for _, c := range codings {
				candidate = strings.TrimSuffix(candidate, "-"+string(c))
			}
			if candidate == tag {
				return true
			}
		}
	}
	return false
}
