package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/weir-run/weir/host/internal/metrics"
)

var metricName = regexp.MustCompile(`\b(weir_[a-z_]+)\b`)

// named returns the metrics of Weir that expressions name, and says which of them do not exist.
func named(t *testing.T, where string, expressions []string) {
	t.Helper()
	if len(expressions) < 10 {
		t.Fatalf("%s has only %d expressions: it was not read as it is meant", where, len(expressions))
	}
	known := metrics.Names()
	for _, e := range expressions {
		for _, name := range metricName.FindAllString(e, -1) {
			base := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, suffix)
			}
			if !slices.Contains(known, name) && !slices.Contains(known, base) {
				t.Errorf("%s: %s: there is no metric %s", where, e, name)
			}
		}
	}
}

var instanceLabel = regexp.MustCompile(`\{\{ *instance *\}\}`)

// calls checks by which label a text calls a monitor: Prometheus keeps instance for the address that it scrapes, and renames ours.
func calls(t *testing.T, expression, text string) {
	t.Helper()
	if strings.Contains(expression, "weir_plugin_") && instanceLabel.MatchString(text) {
		t.Errorf("%s: %q gives the address of the daemon for the name of a monitor", expression, text)
	}
}

func TestAlertRulesNameMetricsThatExist(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile("../../../deploy/prometheus/weir.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	var expressions []string
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			expressions = append(expressions, r.Expr)
			if r.Alert == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("rule %+v lacks a name, a severity or a summary", r)
			}
			calls(t, r.Expr, strings.ReplaceAll(r.Annotations["summary"], "$labels.", ""))
		}
	}
	named(t, "weir.rules.yml", expressions)
}

func TestDashboardNamesMetricsThatExist(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	text, err := os.ReadFile("../../../deploy/grafana/weir.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	var expressions []string
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			expressions = append(expressions, target.Expr)
			calls(t, target.Expr, target.LegendFormat)
		}
	}
	named(t, "weir.json", expressions)
}
