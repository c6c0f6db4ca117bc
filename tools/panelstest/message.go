package panelstest

import (
	"bytes"
	"encoding/json"
	"html/template"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Message is what was sent to Slack, and when it arrived.
type Message struct {
	Arrived time.Time
	Payload []byte // as Alertmanager sent it
}

// shown is a message as people see it.
type shown struct {
	Channel, User, Time, Title, Link, Color string
	Text                                    template.HTML
}

// named are Slack's own names of colours.
var named = map[string]string{"danger": "#d6334a", "warning": "#e0a100", "good": "#2f9e5b"}

var (
	strong = regexp.MustCompile(`\*([^*\n]+)\*`)
	link   = regexp.MustCompile(`&lt;(https?://[^|\s]+?)\|([^&\n]*?)&gt;`)
)

// markup is Slack's way of writing as HTML. Everything is escaped before anything is made of it.
func markup(text string) template.HTML {
	escaped := template.HTMLEscapeString(strings.TrimSpace(text))
	escaped = strong.ReplaceAllString(escaped, "<strong>$1</strong>")
	escaped = link.ReplaceAllString(escaped, `<a href="$1">$2</a>`)
	return template.HTML(strings.ReplaceAll(escaped, "\n", "<br>"))
}

var page = template.Must(template.New("messages").Parse(`<main>
<style>
main{width:760px;padding:14px 20px 8px;background:#fff;font:15px/1.5 'DejaVu Sans Condensed','Helvetica Neue',Arial,sans-serif;color:#1d1c1d;box-sizing:border-box}
article{display:grid;grid-template-columns:40px 1fr;gap:2px 12px;margin:0 0 14px}
.face{width:38px;height:38px;border-radius:6px;background:#3b2f5c;color:#fff;text-align:center;line-height:38px;font-weight:600;font-size:18px}
.who b{font-size:15px}.who small{color:#616061;font-size:12px;margin-left:6px}
.app{background:#e8e8e8;color:#616061;font-size:10px;border-radius:3px;padding:1px 4px;margin-left:4px;vertical-align:1px}
.said{border-left:4px solid;border-radius:3px;padding:2px 0 2px 12px;margin-top:3px}
.said a{color:#1264a3;text-decoration:none}.said .title{font-weight:600}
footer{color:#6b7280;font-size:11px;border-top:1px solid #e8eaed;padding-top:6px}
</style>
{{range .}}<article><div class="face">M</div><div><div class="who"><b>{{.User}}</b><span class="app">APP</span><small>{{.Time}} UTC in {{.Channel}}</small></div>
<div class="said" style="border-color:{{.Color}}"><div class="title"><a href="{{.Link}}">{{.Title}}</a></div><div>{{.Text}}</div></div></div></article>
{{end}}<footer>What Alertmanager sent to a stand-in for Slack, drawn about as Slack shows it.</footer></main>`))

// Messages draws messages as Slack shows them, one below the other.
func Messages(t testing.TB, messages ...Message) []byte {
	t.Helper()
	require.NotEmpty(t, messages)
	var all []shown
	for _, m := range messages {
		var payload struct {
			Channel     string `json:"channel"`
			Username    string `json:"username"`
			Attachments []struct {
				Title string `json:"title"`
				Link  string `json:"title_link"`
				Text  string `json:"text"`
				Color string `json:"color"`
			} `json:"attachments"`
		}
		require.NoError(t, json.Unmarshal(m.Payload, &payload))
		for _, a := range payload.Attachments {
			color, ok := named[a.Color]
			if !ok {
				color = a.Color
			}
			all = append(all, shown{payload.Channel, payload.Username, m.Arrived.UTC().Format("15:04:05"), a.Title, a.Link, color, markup(a.Text)})
		}
	}
	var body bytes.Buffer
	require.NoError(t, page.Execute(&body, all))
	return shoot(t, body.String(), 760, 0)
}
