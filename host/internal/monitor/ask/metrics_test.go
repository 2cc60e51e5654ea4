package ask

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// scrape gathers what is shown, as a scrape does: an inconsistency fails it.
func scrape(t *testing.T, s *Shown) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(s); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			fmt.Fprintf(&out, "%s", f.GetName())
			for _, l := range m.GetLabel() {
				fmt.Fprintf(&out, " %s=%s", l.GetName(), l.GetValue())
			}
			fmt.Fprintf(&out, " %g\n", m.GetCounter().GetValue()+m.GetGauge().GetValue())
		}
	}
	return out.String()
}

func TestMetricsOfPlugins(t *testing.T) {
	var s Shown
	for _, r := range []struct {
		instance string
		way      Way
		text     string
	}{
		{"b", Collected, "# TYPE weir_monitor_x counter\nweir_monitor_x 5\nplain{kind=\"a\"} 1\nplain{kind=\"b\"} 2\n"},
		{"a", Collected, "# TYPE weir_monitor_x counter\nweir_monitor_x 7\n"},
		{"a", Pushed, "# TYPE weir_monitor_x counter\nweir_monitor_x 9\n# TYPE mine gauge\nmine 1.5\n"},
		{"c", Pushed, "# TYPE weir_monitor_x gauge\nweir_monitor_x 1\nplain 3\n# TYPE mine gauge\nmine 2\n"}, // another type, other labels
	} {
		if err := s.Report(r.instance, r.way, r.text); err != nil {
			t.Fatal(err)
		}
	}
	want := "weir_monitor_mine instance=a 1.5\nweir_monitor_mine instance=c 2\nweir_monitor_plain instance=b kind=a 1\nweir_monitor_plain instance=b kind=b 2\n" +
		"weir_monitor_x instance=a 7\nweir_monitor_x instance=b 5\n"
	if got := scrape(t, &s); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	s.Forget("a")
	if got := scrape(t, &s); strings.Contains(got, "instance=a") || !strings.Contains(got, "weir_monitor_x instance=b 5") {
		t.Errorf("after a is gone:\n%s", got)
	}
}

func TestMetricsThatAreRefused(t *testing.T) {
	var s Shown
	if err := s.Report("a", Pushed, "good 1\n"); err != nil {
		t.Fatal(err)
	}
	many := strings.Builder{}
	for i := range maxSeries + 1 {
		fmt.Fprintf(&many, "m{mint=\"%d\"} 1\n", i)
	}
	for want, text := range map[string]string{
		"text format":     "}{ no\n",
		"a name is":       strings.Repeat("n", 120) + " 1\n",
		"counters and":    "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
		"instance is the": "x{instance=\"other\"} 1\n",
		"bytes; the":      "x{a=\"" + strings.Repeat("v", 100) + "\"} 1\n",
		"5 labels":        "x{a=\"1\",b=\"1\",c=\"1\",d=\"1\",e=\"1\"} 1\n",
		"more than 200":   many.String(),
		"the limit is":    strings.Repeat("# HELP x y\n", 7000),
	} {
		if err := s.Report("a", Pushed, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if got := scrape(t, &s); got != "weir_monitor_good instance=a 1\n" {
		t.Errorf("what was shown did not stay: %s", got)
	}
}

// FuzzMetrics shows whatever a plugin says: a scrape must not fail by it.
func FuzzMetrics(f *testing.F) {
	f.Add("# HELP a b\n# TYPE a counter\na{x=\"1\"} 2\na{x=\"1\"} 3\n", "a 1\n")
	f.Add("a{x=\"\xff\"} 2\n", "# TYPE weir_monitor_a gauge\nweir_monitor_a{x=\"1\",x=\"2\"} NaN\n")
	f.Fuzz(func(t *testing.T, one, two string) {
		var s Shown
		_ = s.Report("one", Collected, one) // refused or not
		_ = s.Report("one", Pushed, two)
		_ = s.Report("two", Pushed, one)
		scrape(t, &s)
	})
}
