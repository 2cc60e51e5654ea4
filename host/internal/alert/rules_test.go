package alert

import (
	"slices"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Most of what is lost is found before the first look at a new daemon.
func TestWhatIsLostAtTheFirstLookIsTold(t *testing.T) {
	lost := func(s *adminv1.StatusResponse) {
		missedRows(s)
		s.Plugins[0].JournalGapRecords = 9
	}
	said, _ := script(NewEngine(config.AlertRules()), lost, lost, 0, 1, 0)
	if want := []string{"records_lost firing trading", "store_missed firing "}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

// Records that were parked by an earlier daemon are counted when the plugin runs, and are no news.
func TestParkedRecordsOfEarlierDaemonsAreNoNews(t *testing.T) {
	e, now := NewEngine(config.AlertRules()), time.Unix(1_700_000_000, 0)
	for i, p := range []*adminv1.PluginStatus{
		{State: "stopped"}, {State: "starting", Parked: 2}, {State: "live", Parked: 2}, {State: "stopped"}, {State: "starting", Parked: 2}, {State: "live", Parked: 3},
	} {
		s := healthy()
		p.Instance, s.Plugins = "trading", []*adminv1.PluginStatus{p}
		said := e.Observe(now.Add(time.Duration(i)*time.Second), s)
		if told := len(said) > 0; told != (p.Parked == 3) {
			t.Errorf("%v: said %v", p, said)
		}
	}
}
