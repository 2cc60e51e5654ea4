// Package metrics shows the daemon's status to Prometheus. Each scrape asks for one status, the same that weir status prints, so both say
// the same; nothing is counted twice.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Handler answers GET /metrics in the formats of Prometheus. status is called once a scrape, from any goroutine. The metrics of the Go
// runtime and of the process come with it, and those of more.
func Handler(status func() *adminv1.StatusResponse, more ...prometheus.Collector) (http.Handler, error) {
	registry := prometheus.NewRegistry()
	own := []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collector{status}}
	for _, c := range append(own, more...) {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4}), nil
}

// Names lists the names of all metrics of Weir, for the tests of dashboards and alert rules.
func Names() []string {
	out := make([]string, 0, len(families))
	for _, f := range families {
		out = append(out, f.name)
	}
	return out
}

type collector struct {
	status func() *adminv1.StatusResponse
}

// Describe sends all descriptions.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f.desc
	}
}

// Collect sends the values of one status.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.status()
	sink := sink{out}
	sink.daemon(s)
	sink.store(s.GetStore())
	for _, e := range s.GetEndpoints() {
		sink.connection(e)
	}
	for _, st := range s.GetStages() {
		sink.stage(st)
	}
	for _, c := range s.GetCaches() {
		sink.cache(c)
	}
	if f := s.GetMetadataFetch(); f != nil {
		sink.fetch(f)
	}
	for _, p := range s.GetPrograms() {
		sink.program(p)
	}
	for _, p := range s.GetPlugins() {
		sink.plugin(p)
	}
}

// family is a metric with all its labels.
type family struct {
	name string
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// families are all there are, in the order of their declaration.
var families []*family

func declare(kind prometheus.ValueType, name, help string, labels ...string) *family {
	f := &family{name: name, desc: prometheus.NewDesc(name, help, labels, nil), kind: kind}
	families = append(families, f)
	return f
}

func gauge(name, help string, labels ...string) *family {
	return declare(prometheus.GaugeValue, name, help, labels...)
}

func counter(name, help string, labels ...string) *family {
	return declare(prometheus.CounterValue, name, help, labels...)
}

type sink struct{ out chan<- prometheus.Metric }

func (s sink) put(f *family, v float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
}

func (s sink) count(f *family, v uint64, labels ...string) { s.put(f, float64(v), labels...) }

// known puts a value that may be absent: then there is no sample, which is not the same as zero.
func (s sink) known(f *family, v *float64, labels ...string) {
	if v != nil {
		s.put(f, *v, labels...)
	}
}

func (s sink) flag(f *family, on bool, labels ...string) {
	v := 0.0
	if on {
		v = 1
	}
	s.put(f, v, labels...)
}
