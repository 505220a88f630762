package tool

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/egress"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB     *ent.DB
	Log    *eventlog.Log
	Tapes  *tape.Engine
	Guard  *guard.Guard
	Clock  clock.Clock
	Keys   *secret.Keyring
	Logger *slog.Logger
	// Chat is what the built-in tools read, HTTP what they fetch with, which Egress guards, Sandbox what runs programs.
	Chat    Chat
	HTTP    *http.Client
	Egress  *egress.Guard
	Sandbox Sandbox
	// Idle runs no tools here: what is wanted waits for another node, or for Sweep.
	Idle bool
}

// Service is the tools and their runs. It is safe for concurrent use.
type Service struct {
	Config
	tools, versions, invocations *page.List
	given                        []*builtIn
	metrics                      *metrics
	// Crew runs the tools.
	*tape.Crew
}

// tapeKind tells the tapes of runs from those of other work.
const tapeKind = "tool"

// capacity bounds the runs that a node makes at a time; those of programs are bounded further by the sandbox.
const capacity = 64

// New returns the service. Drain ends it.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Tapes == nil || c.Guard == nil || c.Clock == nil || c.Keys == nil || c.Logger == nil || c.Chat == nil || c.HTTP == nil || c.Egress == nil || c.Sandbox == nil {
		return nil, errors.New("tool: DB, Log, Tapes, Guard, Clock, Keys, Logger, Chat, HTTP, Egress and Sandbox are needed")
	}
	key := c.Keys.Derive("page/tool")
	s := &Service{
		Config:      c,
		tools:       page.NewList(key[:], "tools", false, func(x *entgen.Tool) []any { return []any{x.Name, x.ID} }, page.Column{Name: "name"}, page.Column{Name: "id"}),
		versions:    page.NewList(key[:], "versions", true, func(x *entgen.ToolVersion) []any { return []any{x.ID} }, page.Column{Name: "id"}),
		invocations: page.NewList(key[:], "invocations", true, func(x *entgen.ToolInvocation) []any { return []any{x.ID} }, page.Column{Name: "id"}),
		metrics:     newMetrics(),
	}
	var err error
	if s.given, err = s.builtIns(); err != nil {
		return nil, err
	}
	s.Crew, err = c.Tapes.NewCrew(tape.CrewConfig{
		Kind: tapeKind, Most: capacity, Begin: s.begins, Idle: c.Idle, Running: func(more int) { s.metrics.running.Add(float64(more)) },
	})
	return s, err
}

// optional makes nil of what is not there.
func optional[T any](x *T, err error) (*T, error) {
	if entgen.IsNotFound(err) {
		return nil, nil
	}
	return x, err
}

// hidden makes nil of what may not be seen.
func hidden[T any](x *T, err error) (*T, error) {
	switch {
	case err == nil:
		return x, nil
	case fault.CodeOf(err) == fault.Forbidden || fault.CodeOf(err) == fault.NotFound:
		return nil, nil
	}
	return nil, err
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func index[T any](rows []T, key func(T) string) map[string]T {
	out := make(map[string]T, len(rows))
	for _, r := range rows {
		out[key(r)] = r
	}
	return out
}

// replayed looks an object up when the change that made it was made before.
func replayed[T any](ctx context.Context, done *eventlog.Done, x *T, find func(context.Context, string) (*T, error)) (*T, error) {
	if !done.Replayed {
		return x, nil
	}
	return find(ctx, done.ObjectID)
}
