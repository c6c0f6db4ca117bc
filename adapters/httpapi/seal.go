package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

const (
	sealVersion = 1
	sealSum     = 8 // bytes
)

// sealed appends a cursor that holds the body and goes with its question only. It is opaque to clients and no secret: who makes one
// up is shown what anybody may see.
func sealed(b, body, question []byte) []byte {
	c := append(append(make([]byte, 0, 1+len(body)+sealSum), sealVersion), body...)
	return base64.RawURLEncoding.AppendEncode(b, append(c, sumOf(c, question)...))
}

// unsealed is the body of a cursor that was sealed with the question; any other is refused.
func unsealed(text string, question []byte) (body []byte, ok bool) {
	c, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(c) <= sealSum || c[0] != sealVersion {
		return nil, false
	}
	body, sum := c[:len(c)-sealSum], c[len(c)-sealSum:]
	return body[1:], bytes.Equal(sum, sumOf(body, question))
}

func sumOf(body, question []byte) []byte {
	sum := sha256.Sum256(append(append(make([]byte, 0, len(body)+len(question)), body...), question...))
	return sum[:sealSum]
}
