package app

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/graph"
)

// metrics counts what goes through the GraphQL server and its sockets.
type metrics struct {
	sockets, subscriptions prometheus.Gauge
	closes                 *prometheus.CounterVec
	delivered, bytes, slow prometheus.Counter
	operations             *prometheus.CounterVec
	seconds, cost          *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer, more ...prometheus.Collector) (*metrics, error) {
	name := func(n, help string) prometheus.Opts { return prometheus.Opts{Namespace: "karnak", Name: n, Help: help} }
	gauge := func(n, help string) prometheus.Gauge { return prometheus.NewGauge(prometheus.GaugeOpts(name(n, help))) }
	counter := func(n, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts(name(n, help)))
	}
	m := &metrics{
		sockets:       gauge("sockets", "Websockets that are open."),
		subscriptions: gauge("subscriptions", "Subscriptions that run."),
		closes:        prometheus.NewCounterVec(prometheus.CounterOpts(name("socket_closes_total", "Websockets that closed, by code.")), []string{"code"}),
		delivered:     counter("deliveries_total", "Answers of subscriptions that were queued for a client."),
		bytes:         counter("delivery_bytes_total", "Bytes of those answers."),
		slow:          counter("slow_sockets_total", "Websockets and event streams that were cut because the client did not read."),
		operations:    prometheus.NewCounterVec(prometheus.CounterOpts(name("operations_total", "Operations answered, by type and code of the first error.")), []string{"type", "code"}),
		seconds:       prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "karnak", Name: "operation_seconds", Help: "Time to answer a query or a mutation.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}, []string{"type"}),
		cost:          prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "karnak", Name: "operation_cost", Help: "Cost points of an operation.", Buckets: prometheus.ExponentialBuckets(1, 4, 8)}, []string{"type"}),
	}
	for _, c := range append(more, m.sockets, m.subscriptions, m.closes, m.delivered, m.bytes, m.slow, m.operations, m.seconds, m.cost) {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Connected counts a websocket.
func (m *metrics) Connected() { m.sockets.Inc() }

// Disconnected counts the end of a websocket.
func (m *metrics) Disconnected(code int) {
	m.sockets.Dec()
	m.closes.WithLabelValues(strconv.Itoa(code)).Inc()
}

// Subscribed counts a subscription.
func (m *metrics) Subscribed() { m.subscriptions.Inc() }

// Unsubscribed counts the end of a subscription.
func (m *metrics) Unsubscribed() { m.subscriptions.Dec() }

// Delivered counts an answer of a subscription.
func (m *metrics) Delivered(bytes int) {
	m.delivered.Inc()
	m.bytes.Add(float64(bytes))
}

// Slow counts a client that did not read.
func (m *metrics) Slow() { m.slow.Inc() }

// answered counts an answer to a query or a mutation.
func (m *metrics) answered(o graph.Answered) {
	m.operations.WithLabelValues(o.Type, o.Code).Inc()
	m.seconds.WithLabelValues(o.Type).Observe(float64(o.Took) / float64(time.Second))
	m.cost.WithLabelValues(o.Type).Observe(float64(o.Cost))
}
