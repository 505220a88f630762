package assistant

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/ent/enum"
	"karnak/internal/core/llm"
)

// metrics count the answers that this node makes.
type metrics struct {
	answers, attempts, tokens *prometheus.CounterVec
	first                     *prometheus.HistogramVec
	running                   prometheus.Gauge
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "karnak", Name: name, Help: help}, labels)
	}
	return &metrics{
		answers:  counter("answers_total", "Answers of language models that ended, by how: FINISHED, FAILED or STOPPED.", "provider", "state"),
		attempts: counter("answer_attempts_total", "Requests to providers of language models, by how they ended: done, ended here, or the kind of failure.", "provider", "outcome"),
		tokens:   counter("answer_tokens_total", "Tokens of answers that ended: input, cached (of the input) and output.", "provider", "kind"),
		first: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "karnak", Name: "answer_first_seconds", Help: "Time from a request to a provider to the first part of the answer.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 13),
		}, []string{"provider"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "karnak", Name: "answers_running", Help: "Answers of language models that this node makes."}),
	}
}

// Collectors returns the metrics of the answers that this node makes.
func (s *Service) Collectors() []prometheus.Collector {
	m := s.metrics
	return []prometheus.Collector{m.answers, m.attempts, m.tokens, m.first, m.running}
}

// asked counts a request to a provider.
func (m *metrics) asked(provider, outcome string, first time.Duration) {
	m.attempts.WithLabelValues(provider, outcome).Inc()
	if first > 0 {
		m.first.WithLabelValues(provider).Observe(first.Seconds())
	}
}

// outcome names how a request ended.
func outcome(err error, f *llm.Fault) string {
	switch {
	case err == nil:
		return "done"
	case f != nil:
		return string(f.Kind)
	}
	return "ended here"
}

// ended counts an answer.
func (m *metrics) ended(provider string, state enum.GenerationState, u usageData) {
	m.answers.WithLabelValues(provider, string(state)).Inc()
	m.tokens.WithLabelValues(provider, "input").Add(float64(u.Input))
	m.tokens.WithLabelValues(provider, "cached").Add(float64(u.Cached))
	m.tokens.WithLabelValues(provider, "output").Add(float64(u.Output))
}
