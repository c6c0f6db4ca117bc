package observability

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// redacted stands where a secret was.
const redacted = "redacted"

// secretWords are what a name ends in when its value is nobody's business: access_token, X-Amz-Signature.
var secretWords = []string{"key", "apikey", "token", "secret", "password", "passwd", "pwd", "sig", "signature", "credential"}

// secretAttributes are the attributes that are never shown, whatever they hold.
var secretAttributes = []string{"password", "token", "secret", "authorization", "dsn", "cookie", "set_cookie", "set-cookie", "api_key", "access_token"}

// redact takes out of a text what gives access: user and password of every URL, and values that are given to a secret name,
// as "?key=…" in a URL and "password=…" in a connection string. It is for text that was written without thought of
// secrets, such as the errors of net/url and of drivers, which quote what they were given. A text without either is
// returned as it is, for a look at its bytes.
func redact(text string) string { return redactSchemes(redactValues(redactUsers(text))) }

// redactSchemes takes out what stands behind "Bearer" and "Basic", as headers are quoted.
func redactSchemes(text string) string {
	for _, scheme := range []string{"Bearer ", "Basic "} {
		for from := 0; ; {
			at := strings.Index(text[from:], scheme)
			if at < 0 {
				break
			}
			from += at + len(scheme)
			text = text[:from] + redacted + text[from+valueLength(text[from:]):]
			from += len(redacted)
		}
	}
	return text
}

// redactUsers takes out what is in front of the "@" of each URL's host.
func redactUsers(text string) string {
	const begin = "://"
	if !strings.Contains(text, begin) || !strings.Contains(text, "@") {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, begin)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		at += len(begin)
		out.WriteString(text[:at])
		text = text[at:]
		host := strings.IndexAny(text, "/?# \t\r\n")
		if host < 0 {
			host = len(text)
		}
		if user := strings.LastIndexByte(text[:host], '@'); user >= 0 {
			out.WriteString(redacted)
			text = text[user:]
		}
	}
}

// redactValues takes out what a secret name is given.
func redactValues(text string) string {
	var out strings.Builder
	for from := 0; ; {
		equals := strings.IndexByte(text[from:], '=')
		if equals < 0 {
			break
		}
		from += equals + 1
		if !isSecret(lastName(text[:from-1])) {
			continue
		}
		out.WriteString(text[:from])
		out.WriteString(redacted)
		text, from = text[from+valueLength(text[from:]):], 0
	}
	if out.Len() == 0 {
		return text
	}
	out.WriteString(text)
	return out.String()
}

// lastName is the name that a text ends in.
func lastName(text string) string {
	begin := len(text)
	for begin > 0 && isNameByte(text[begin-1]) {
		begin--
	}
	return text[begin:]
}

func isNameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-' || b == '.'
}

// isSecret is whether a name ends in one of the words. The short ones have to be a word of their own there, as in
// api_key and apiKey: "monkey" is no key.
func isSecret(name string) bool {
	const short = 3
	for _, word := range secretWords {
		front := len(name) - len(word)
		if front < 0 || !strings.EqualFold(name[front:], word) {
			continue
		}
		if front == 0 || len(word) > short || !isLetter(name[front-1]) || isUpper(name[front]) {
			return true
		}
	}
	return false
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || isUpper(b) }

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// valueLength is how far a value goes: in quotes to the closing one, else to where a URL's or a connection string's next
// part begins.
func valueLength(text string) int {
	if text != "" && (text[0] == '\'' || text[0] == '"') {
		if end := strings.IndexByte(text[1:], text[0]); end >= 0 {
			return end + 2
		}
		return len(text)
	}
	if end := strings.IndexAny(text, "&#\" \t\r\n"); end >= 0 {
		return end
	}
	return len(text)
}

// cleanAttr is an attribute that may leave the process: without secrets, and not longer than anyone reads.
func cleanAttr(a slog.Attr) slog.Attr {
	for _, name := range secretAttributes {
		if strings.EqualFold(a.Key, name) {
			return slog.String(a.Key, redacted)
		}
	}
	a.Value = cleanValue(a.Value.Resolve())
	return a
}

func cleanAttrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = cleanAttr(a)
	}
	return clean
}

func cleanValue(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(cleanText(v.String()))
	case slog.KindGroup:
		return slog.GroupValue(cleanAttrs(v.Group())...)
	case slog.KindAny:
		return cleanAny(v)
	default: // numbers and times are short and tell nothing
		return v
	}
}

// cleanAny makes a text of everything that could hold one.
func cleanAny(v slog.Value) slog.Value {
	switch value := v.Any().(type) {
	case nil:
		return v
	case error:
		return slog.StringValue(errorText(value))
	case url.URL: // its fields would show what its text has in a place where it can be found
		return cleanAny(slog.AnyValue(&value))
	default:
		switch reflect.TypeOf(value).Kind() {
		case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
			return v
		default:
			return slog.StringValue(cleanText(fmt.Sprintf("%+v", value)))
		}
	}
}

func cleanText(text string) string { return cut(redact(text), maxText) }

// withoutHeaders is an error of the OpenTelemetry library that does not quote the headers it was set: they are mostly keys, under
// names that nobody can know.
func withoutHeaders(err error) error {
	if text := err.Error(); strings.Contains(text, "OTLP") && strings.Contains(text, "_HEADERS") {
		return errors.New("OTEL_EXPORTER_OTLP_HEADERS, or that of a signal, cannot be read: it is key=value, separated by commas, with other characters escaped as in URLs")
	}
	return err
}
