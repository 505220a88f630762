package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"karnak/bench/load"
	"karnak/bench/machine"
)

// report writes a line for each figure, and a table of all.
type report struct {
	out   io.Writer
	lines []line
}

// line is a figure.
type line struct {
	Figure string `json:"figure"`
	Engine string `json:"engine"`
	To     string `json:"to,omitempty"`
	// Durable says that a commit waited for the disk.
	Durable bool `json:"durable"`
	Karnak  side `json:"karnak"`
	Floor   side `json:"floor"`
	// CPURatio is karnak's CPU time for one request to the floor's; RateRatio is the floor's rate to karnak's.
	CPURatio  float64 `json:"cpuRatio"`
	RateRatio float64 `json:"rateRatio"`
}

// side is what one server did. Times are for one request, in milliseconds.
type side struct {
	Requests   int     `json:"requests"`
	PerSecond  float64 `json:"perSecond"`
	CPUMs      float64 `json:"cpuMs"`
	ServerMs   float64 `json:"serverMs"`
	DatabaseMs float64 `json:"databaseMs"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	Bytes      int     `json:"bytes"`
}

func sideOf(r load.Result) side {
	s := side{Requests: r.Requests, PerSecond: r.Rate(), CPUMs: ms(total(r)), P50Ms: ms(r.P50), P99Ms: ms(r.P99), Bytes: r.Bytes}
	s.ServerMs = ms(r.CPU[0])
	s.DatabaseMs = s.CPUMs - s.ServerMs
	return s
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r *report) write(v any) error {
	return json.NewEncoder(r.out).Encode(v)
}

// machine writes what the figures depend on.
func (r *report) machine(c machine.Cores, sync time.Duration) error {
	return r.write(map[string]any{"figure": "machine", "cores": runtime.NumCPU(), "bound": c.Bound, "go": runtime.Version(), "syncMs": ms(sync)})
}

func (r *report) add(d *database, figure, to string, karnak, floor load.Result) error {
	l := line{Figure: figure, Engine: d.engine, To: to, Durable: d.durable, Karnak: sideOf(karnak), Floor: sideOf(floor)}
	l.CPURatio, l.RateRatio = l.Karnak.CPUMs/l.Floor.CPUMs, l.Floor.PerSecond/l.Karnak.PerSecond
	r.lines = append(r.lines, l)
	return r.write(l)
}

func (r *report) table() error {
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nCPU ms for one request:\tkarnak\tserver\tdatabase\tfloor\tserver\tdatabase\tratio\t")
	for _, l := range r.lines {
		k, f := l.Karnak, l.Floor
		fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\t\n", l.title(), k.CPUMs, k.ServerMs, k.DatabaseMs, f.CPUMs, f.ServerMs, f.DatabaseMs, l.CPURatio)
	}
	fmt.Fprintln(w, "\nrequests in a second:\tkarnak\tp50 ms\tp99 ms\tfloor\tp50 ms\tp99 ms\tratio\t")
	for _, l := range r.lines {
		k, f := l.Karnak, l.Floor
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.2f\t\n", l.title(), k.PerSecond, k.P50Ms, k.P99Ms, f.PerSecond, f.P50Ms, f.P99Ms, l.RateRatio)
	}
	return w.Flush()
}

func (l line) title() string {
	t := l.Engine + " " + l.Figure
	if l.To != "" {
		t += " to " + l.To
	}
	return t
}
