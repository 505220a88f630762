package job

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river/rivertype"

	"karnak/internal/platform/clock"
)

// metrics count what the workers of this node do.
type metrics struct {
	clock   clock.Clock
	jobs    *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	running prometheus.Gauge
}

func newMetrics(c clock.Clock) *metrics {
	return &metrics{
		clock: c,
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "karnak_jobs_total", Help: "Attempts at jobs, by how they ended: done, failed, panicked, later or never.",
		}, []string{"kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "karnak_job_seconds", Help: "Time an attempt at a job took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"kind"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "karnak_jobs_running", Help: "Jobs that run on this node."}),
	}
}

// Collectors returns the metrics of this node's workers.
func (q *Queue) Collectors() []prometheus.Collector {
	return []prometheus.Collector{q.metrics.jobs, q.metrics.seconds, q.metrics.running}
}

// begin counts an attempt; what it returns is called at its end. An attempt that did not finish has panicked.
func (m *metrics) begin(kind string) func(finished bool, err error) {
	start := m.clock.Now()
	m.running.Inc()
	return func(finished bool, err error) {
		m.running.Dec()
		m.jobs.WithLabelValues(kind, outcome(finished, err)).Inc()
		m.seconds.WithLabelValues(kind).Observe(m.clock.Now().Sub(start).Seconds())
	}
}

func outcome(finished bool, err error) string {
	var later *rivertype.JobSnoozeError
	var never *rivertype.JobCancelError
	switch {
	case !finished:
		return "panicked"
	case errors.As(err, &later):
		return "later"
	case errors.As(err, &never):
		return "never"
	case err != nil:
		return "failed"
	}
	return "done"
}
