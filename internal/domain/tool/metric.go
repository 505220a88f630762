package tool

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/ent/enum"
)

// metrics count the runs of tools of this node.
type metrics struct {
	runs    *prometheus.CounterVec
	length  prometheus.Histogram
	running prometheus.Gauge
}

func newMetrics() *metrics {
	return &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "karnak", Name: "tool_runs_total", Help: "Runs of tools that ended, by how.",
		}, []string{"state"}),
		length: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "karnak", Name: "tool_run_seconds", Help: "How long runs of tools took.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 17),
		}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "karnak", Name: "tools_running", Help: "Runs of tools that this node makes."}),
	}
}

// Collectors returns the metrics of the runs that this node makes.
func (s *Service) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.runs, s.metrics.length, s.metrics.running}
}

func (m *metrics) ended(state enum.InvocationState, wall time.Duration) {
	m.runs.WithLabelValues(string(state)).Inc()
	if wall > 0 {
		m.length.Observe(wall.Seconds())
	}
}
