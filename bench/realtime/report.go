package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// report writes a line for each figure, and a table of all.
type report struct {
	out   io.Writer
	lines []line
}

// line is a figure. CPU time is the server's, for one delivery.
type line struct {
	Server      string  `json:"server"`
	Subscribers int     `json:"subscribers"`
	Flight      int     `json:"flight"`
	FrameBytes  int     `json:"frameBytes"`
	Events      int     `json:"events"`
	PerSecond   float64 `json:"deliveriesPerSecond"`
	CPUMicros   float64 `json:"cpuMicros"`
	P50Ms       float64 `json:"p50Ms"`
	P99Ms       float64 `json:"p99Ms"`
	IdleKB      float64 `json:"idleKB"`
}

func (r *report) add(l line, x result) error {
	slices.Sort(x.latency)
	at := func(q float64) float64 {
		if len(x.latency) == 0 {
			return 0
		}
		return float64(x.latency[int(q*float64(len(x.latency)-1))]) / float64(time.Millisecond)
	}
	l.FrameBytes, l.Events, l.P50Ms, l.P99Ms = x.frame, x.events, at(0.5), at(0.99)
	l.PerSecond = float64(x.deliveries) / x.took.Seconds()
	l.CPUMicros = float64(x.cpu.Microseconds()) / float64(x.deliveries)
	r.lines = append(r.lines, l)
	return json.NewEncoder(r.out).Encode(l)
}

// manyIdle is from how many sockets on the memory of one can be told: that of a server wanders by some MB.
const manyIdle = 10_000

func (r *report) table() error {
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nserver\tsubscribers\tunder way\tCPU µs for a delivery\tto the floor\tto stock\tdeliveries/s\tp50 ms\tp99 ms\tKB for an idle one\t")
	for _, l := range r.lines {
		idle := "–"
		if l.Subscribers >= manyIdle {
			idle = fmt.Sprintf("%.1f", l.IdleKB)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%s\t%s\t%.0f\t%.1f\t%.1f\t%s\t\n", l.Server, l.Subscribers, l.Flight, l.CPUMicros,
			r.ratio(l, floor), r.ratio(l, stock), l.PerSecond, l.P50Ms, l.P99Ms, idle)
	}
	return w.Flush()
}

// ratio is a line's CPU time to that of another server under the same load.
func (r *report) ratio(l line, server string) string {
	for _, x := range r.lines {
		if x.Server == server && x.Flight == l.Flight {
			return fmt.Sprintf("%.2f", l.CPUMicros/x.CPUMicros)
		}
	}
	return "–"
}
