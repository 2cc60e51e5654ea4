package ask

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Limits of what an instance may show, by each way.
const (
	maxMetricsText = 64 << 10
	maxSeries      = 200
	maxLabels      = 4
	maxLabelValue  = 64
	maxHelp        = 200
	metricPrefix   = "weir_monitor_"
)

var (
	metricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,90}$`)
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// Way is how an instance's metrics came.
type Way int

// The ways. What came by Collected stands before what came by Pushed, where both name the same series.
const (
	Collected Way = iota // Control.CollectMetrics
	Pushed               // Host.ReportMetrics
)

// Shown keeps what instances show at /metrics, and is a prometheus.Collector of it. The zero value is ready; any number of goroutines.
type Shown struct {
	mu   sync.Mutex // guards all below
	of   map[shownBy][]series
	last map[shownBy]string // text that of was made of
}

type shownBy struct {
	instance string
	way      Way
}

// series is one value.
type series struct {
	name, help    string
	kind          prometheus.ValueType
	labels, value []string // in order of names
	number        float64
}

// Report replaces what an instance shows by a way. A text that breaks a limit is refused as a whole, in words for its author, and what was
// shown stays.
func (s *Shown) Report(instance string, way Way, text string) error {
	by := shownBy{instance, way}
	s.mu.Lock()
	same := s.last[by] == text && text != ""
	s.mu.Unlock()
	if same {
		return nil
	}
	parsed, err := parseMetrics(text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of, s.last = map[shownBy][]series{}, map[shownBy]string{}
	}
	s.of[by], s.last[by] = parsed, text
	return nil
}

// Forget takes away what an instance shows: its process is gone.
func (s *Shown) Forget(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, way := range []Way{Collected, Pushed} {
		delete(s.of, shownBy{instance, way})
		delete(s.last, shownBy{instance, way})
	}
}

func parseMetrics(text string) ([]series, error) {
	if len(text) > maxMetricsText {
		return nil, fmt.Errorf("metrics take %d bytes; the limit is %d", len(text), maxMetricsText)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("metrics are not in Prometheus text format: %w", err)
	}
	var out []series
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		if !strings.HasPrefix(name, metricPrefix) {
			name = metricPrefix + name
		}
		if !metricName.MatchString(name) {
			return nil, fmt.Errorf("metric %q: a name is lower case letters, digits and underscores, at most 90", name)
		}
		for _, m := range f.GetMetric() {
			one, err := seriesOf(name, f, m)
			if err != nil {
				return nil, fmt.Errorf("metric %s: %w", name, err)
			}
			if out = append(out, one); len(out) > maxSeries {
				return nil, fmt.Errorf("more than %d series: leave labels out whose values are many", maxSeries)
			}
		}
	}
	return out, nil
}

func seriesOf(name string, f *dto.MetricFamily, m *dto.Metric) (series, error) {
	s := series{name: name, help: cut(f.GetHelp(), new(maxHelp))}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		s.kind, s.number = prometheus.CounterValue, m.GetCounter().GetValue()
	case dto.MetricType_GAUGE:
		s.kind, s.number = prometheus.GaugeValue, m.GetGauge().GetValue()
	case dto.MetricType_UNTYPED:
		s.kind, s.number = prometheus.GaugeValue, m.GetUntyped().GetValue()
	default:
		return s, fmt.Errorf("a %s cannot be shown: use counters and gauges", strings.ToLower(f.GetType().String()))
	}
	labels := slices.Clone(m.GetLabel())
	if len(labels) > maxLabels {
		return s, fmt.Errorf("%d labels; the limit is %d", len(labels), maxLabels)
	}
	slices.SortFunc(labels, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	for _, l := range labels {
		if !labelName.MatchString(l.GetName()) || l.GetName() == "instance" {
			return s, fmt.Errorf("label %q: use lower case letters, digits and underscores; instance is the host's", l.GetName())
		}
		if len(l.GetValue()) > maxLabelValue {
			return s, fmt.Errorf("a value of label %s takes %d bytes; the limit is %d", l.GetName(), len(l.GetValue()), maxLabelValue)
		}
		s.labels, s.value = append(s.labels, l.GetName()), append(s.value, l.GetValue())
	}
	return s, nil
}

// Describe implements prometheus.Collector. It says nothing: what plugins show is not known before.
func (s *Shown) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector. A scrape fails as a whole when series of one name disagree about help, type or labels, or are
// there twice: the first by instance counts, and what disagrees with it is left out.
func (s *Shown) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := map[string]series{}
	seen := map[string]bool{}
	for _, by := range slices.SortedFunc(maps.Keys(s.of), func(a, b shownBy) int {
		return strings.Compare(fmt.Sprintf("%s %d", a.instance, a.way), fmt.Sprintf("%s %d", b.instance, b.way))
	}) {
		for _, one := range s.of[by] {
			same, known := first[one.name]
			if !known {
				first[one.name], same = one, one
			}
			id := fmt.Sprintf("%s %q %q", one.name, by.instance, one.value)
			if same.kind != one.kind || same.help != one.help || !slices.Equal(same.labels, one.labels) || seen[id] {
				continue
			}
			seen[id] = true
			desc := prometheus.NewDesc(one.name, one.help, append([]string{"instance"}, one.labels...), nil)
			out <- prometheus.MustNewConstMetric(desc, one.kind, one.number, append([]string{by.instance}, one.value...)...)
		}
	}
}
