package rows

import (
	"strings"

	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	alerts = made(table{name: "alerts", rest: strings.Fields(`event position at_nanos since_nanos rule subject severity state detail remedy size instance about`)})

	severities  = labelsOf(eventv1.Severity_name, "SEVERITY_")
	alertStates = labelsOf(eventv1.AlertState_name, "ALERT_STATE_")
)

// AddAlert takes an alert from its place in the stream of alerts.
func (b *Batch) AddAlert(position uint64, a *eventv1.Alert) {
	var about any
	if a.GetEvent() != nil {
		about = asJSON(a.GetEvent())
	}
	b.put(alerts, b.Next, count(position), a.GetAtUnixNanos(), a.GetSinceUnixNanos(), sqldb.Text(a.GetRule()), text(a.GetSubject()), severities.of(int32(a.GetSeverity())),
		alertStates.of(int32(a.GetState())), text(a.GetDetail()), text(a.GetRemedy()), amountOr(a.Size), text(a.GetInstance()), about)
	b.Next++
	b.byKind["alerts"]++
}
