package feedsim

import (
	"io"
	"net/http"
	"net/url"
)

// Answers that are not the feed, whatever it says.

// send writes a body. An error of the client's connection is nobody's concern here.
func send(w http.ResponseWriter, contentType string, parts ...string) {
	w.Header().Set("Content-Type", contentType)
	for _, part := range parts {
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
	}
}

func page(contentType, text string) func(*Moody, http.ResponseWriter, *http.Request) {
	return func(_ *Moody, w http.ResponseWriter, _ *http.Request) { send(w, contentType, text) }
}

const maintenancePage = `<!DOCTYPE html>
<html lang="es">
<head><meta charset="utf-8"><title>Volvemos enseguida</title></head>
<body><h1>Volvemos enseguida</h1><p>Estamos mejorando nuestra web.<br>Gracias por su paciencia.</body>
</html>
`

func refusal(status int, retryAfter string) func(*Moody, http.ResponseWriter, *http.Request) {
	return func(_ *Moody, w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		if status == http.StatusNotModified {
			w.WriteHeader(status)
			return
		}
		http.Error(w, http.StatusText(status), status)
	}
}

// Under these paths nothing is counted, so that one fetch that is sent on stays one fetch.
const (
	movedPath = "/moved"
	loopPath  = "/round"
)

func (*Moody) redirect(w http.ResponseWriter, r *http.Request)     { sendOn(w, r, movedPath) }
func (*Moody) redirectLoop(w http.ResponseWriter, r *http.Request) { sendOn(w, r, loopPath) }

func sendOn(w http.ResponseWriter, r *http.Request, to string) {
	query := r.URL.Query()
	query.Del(requested)
	target := url.URL{Path: to + r.URL.Path, RawQuery: query.Encode()}
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func sendRound(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound) //nolint:gosec // it begins with loopPath
}
