package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"karnak/authz"
	"karnak/internal/core/tape"
	"karnak/internal/platform/sandbox"
)

// What a program may take, beside the time that its version says.
const (
	mostCPU    = 5 * time.Second
	mostMemory = 64 << 20
	mostOutput = 256 << 10
	// mostProblem bounds what is told of a failure, in bytes.
	mostProblem = 4 << 10
)

func fail(code Failure, format string, args ...any) *problem {
	text := strings.ReplaceAll(strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD"), "\x00", "\uFFFD")
	if len(text) > mostProblem {
		text = cut(text, mostProblem) + "…"
	}
	return &problem{code, text}
}

// perform does what the tool does, with no more rights than both the caller and the tool have. A *problem is for the caller.
func (w *working) perform(ctx context.Context, v *version) (json.RawMessage, usage, error) {
	ctx = authz.WithActor(ctx, w.caller().Only(v.rights()))
	if v.builtIn != nil {
		ctx, cancel := context.WithTimeout(ctx, v.timeout())
		defer cancel()
		out, err := w.builtInCall(ctx, v.builtIn, json.RawMessage(w.x.Arguments))
		return out, usage{}, err
	}
	p := sandbox.Program{
		Source: v.Source, Input: json.RawMessage(w.x.Arguments), Calls: v.Uses,
		Limits: sandbox.Limits{CPU: min(mostCPU, v.timeout()*9/10), Wall: v.timeout(), Memory: mostMemory, Output: mostOutput},
	}
	if v.Clock {
		now := w.Clock.Now()
		p.Now = &now
	}
	// What was logged is written also where the run is stopped.
	log := w.hold.Scribe(context.WithoutCancel(ctx))
	r, err := w.Sandbox.Run(ctx, p, sandbox.Host{
		Call: func(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
			return w.called(ctx, v, name, arguments)
		},
		Log: func(line string) {
			// Where nothing more is written, the tape is another's, and closing tells.
			_ = log.Put(ctx, len(line), func(pending []tape.Draft) []tape.Draft {
				return append(pending, tape.Draft{Kind: stepLogged, Data: loggedData{line}})
			})
		},
	})
	took := usage{r.Usage.CPU, r.Usage.Wall, r.Usage.Memory}
	if lost := log.Close(); lost != nil {
		return nil, took, lost
	}
	return r.Output, took, program(err)
}

// program tells why a program failed.
func program(err error) error {
	var f *sandbox.Fault
	if !errors.As(err, &f) {
		return err
	}
	switch f.Kind {
	case sandbox.OverTime:
		return fail(TimedOut, "The program was ended: %s.", f.Message)
	case sandbox.OverCPU, sandbox.OverMemory, sandbox.OverOutput:
		return fail(LimitExceeded, "The program was ended: %s.", f.Message)
	}
	return fail(ProgramFailed, "%s", f.Message)
}

// called calls a built-in tool for a program.
func (w *working) called(ctx context.Context, v *version, name string, arguments json.RawMessage) (json.RawMessage, error) {
	b := w.find(name)
	if b == nil || !slices.Contains(v.Uses, name) {
		return nil, fmt.Errorf("this tool does not use %s", name)
	}
	text, err := fits(b.Input, arguments)
	if err != nil {
		return nil, err
	}
	if text != "" {
		return nil, errors.New(text)
	}
	if name == fetchURL && !within(arguments, v.Hosts) {
		return nil, errors.New(fail(Forbidden, "This tool fetches from %s alone.", strings.Join(v.Hosts, ", ")).text)
	}
	out, err := w.builtInCall(ctx, b, arguments)
	if err == nil || ctx.Err() != nil {
		return out, err
	}
	p := explained(err)
	if p.code == Internal {
		w.Logger.Error("a built-in tool failed", "invocation", w.x.ID, "tool", name, "error", err)
	}
	return nil, errors.New(p.text)
}

// within reports whether a fetch goes to one of the hosts.
func within(arguments json.RawMessage, hosts []string) bool {
	var in struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(arguments, &in) != nil {
		return false
	}
	u, err := url.Parse(in.URL)
	if err != nil {
		return false
	}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return slices.ContainsFunc(hosts, func(h string) bool {
		below, all := strings.CutPrefix(h, "*")
		return name == h || all && strings.HasSuffix(name, below)
	})
}

func (w *working) builtInCall(ctx context.Context, b *builtIn, arguments json.RawMessage) (json.RawMessage, error) {
	ctx = authz.WithActor(ctx, authz.ActorOf(ctx).Only(b.permissions))
	out, err := b.run(ctx, w.x.WorkspaceID, arguments)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}
