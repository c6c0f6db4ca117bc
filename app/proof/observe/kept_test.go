package observe

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/marquee-events/marquee/tools/panelstest"
)

// keep keeps what is sent before it is looked at.
func (r *receivers) keep(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		payload, err := io.ReadAll(request.Body)
		if err != nil {
			r.refuse(w, "Slack", err)
			return
		}
		r.mu.Lock()
		r.kept = append(r.kept, panelstest.Message{Arrived: time.Now(), Payload: payload})
		r.mu.Unlock()
		request.Body = io.NopCloser(bytes.NewReader(payload))
		next(w, request)
	}
}

// messages are those of a kind that were sent to Slack, such as "PAGE" or "Resolved: SearchLatencyBurn".
func (r *receivers) messages(kind string) []panelstest.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.kept), func(m panelstest.Message) bool { return !strings.HasPrefix(title(m), kind) })
}

// title is that of a message.
func title(m panelstest.Message) string {
	var body struct {
		Attachments []struct {
			Title string `json:"title"`
		} `json:"attachments"`
	}
	if err := json.Unmarshal(m.Payload, &body); err != nil || len(body.Attachments) == 0 {
		return ""
	}
	return body.Attachments[0].Title
}
