package alert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// message is the body in format json.
type message struct {
	Number   uint64          `json:"number"`
	Rule     string          `json:"rule"`
	Subject  string          `json:"subject,omitempty"`
	Severity string          `json:"severity"`
	State    string          `json:"state"`
	Detail   string          `json:"detail"`
	Remedy   string          `json:"remedy,omitempty"`
	Since    time.Time       `json:"since"`
	At       time.Time       `json:"at"`
	Instance string          `json:"instance,omitempty"`
	Event    json.RawMessage `json:"event,omitempty"`
}

// payload is the body of the request, in the format of the receiver.
func (w *webhook) payload(at uint64, a *eventv1.Alert) []byte {
	var v any
	switch w.set.Format {
	case "slack":
		v = map[string]string{"text": slackText.Replace(sentence(a))}
	case "discord":
		// Discord refuses more than 2,000 characters, and would tell everybody where a token calls itself @everyone.
		v = map[string]any{"content": clip(sentence(a), 2000), "allowed_mentions": map[string][]string{"parse": {}}}
	default:
		v = messageOf(at, a)
	}
	body, err := json.Marshal(v)
	if err != nil { // cannot happen: text, numbers and JSON of our own
		return []byte("{}")
	}
	return body
}

func messageOf(at uint64, a *eventv1.Alert) message {
	m := message{
		Number: at, Rule: a.GetRule(), Subject: a.GetSubject(), Severity: severityName(a.GetSeverity()), State: stateName(a.GetState()),
		Detail: a.GetDetail(), Remedy: a.GetRemedy(), Instance: a.GetInstance(),
		Since: time.Unix(0, a.GetSinceUnixNanos()).UTC(), At: time.Unix(0, a.GetAtUnixNanos()).UTC(),
	}
	if a.GetEvent() != nil {
		m.Event = jsonl.Append(nil, a.GetEvent())
	}
	return m
}

func stateName(s eventv1.AlertState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "ALERT_STATE_"))
}

// slackText takes the meaning from the characters with which Slack begins links and mentions.
var slackText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// sentence says an alert for people.
func sentence(a *eventv1.Alert) string {
	what := a.GetRule()
	if a.GetSubject() != "" {
		what += ": " + a.GetSubject()
	}
	if a.GetState() == eventv1.AlertState_ALERT_STATE_RESOLVED {
		lasted := time.Duration(a.GetAtUnixNanos() - a.GetSinceUnixNanos()).Round(time.Second)
		return fmt.Sprintf("[resolved] %s, after %s (%s)", what, lasted, a.GetDetail())
	}
	text := fmt.Sprintf("[%s] %s: %s", severityName(a.GetSeverity()), what, a.GetDetail())
	if a.GetRemedy() != "" {
		text += ". What to do: " + a.GetRemedy()
	}
	return text
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// sign proves that a message came from who knows the key: "t=", Unix seconds, ",v1=", and the HMAC-SHA-256 in hex of these seconds, a dot
// and the body. The time lets the receiver refuse old messages.
func sign(secret []byte, now time.Time, payload []byte) string {
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(at + "."))
	mac.Write(payload)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
