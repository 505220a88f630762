package assistant

import (
	"context"
	"errors"
	"log/slog"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB       *ent.DB
	Log      *eventlog.Log
	Tapes    *tape.Engine
	Guard    *guard.Guard
	Channels Channels
	Say      Say
	Tools    Tools
	Models   *llm.Catalogue
	Clock    clock.Clock
	Keys     *secret.Keyring
	Logger   *slog.Logger
	// Idle makes no answers here: what is wanted waits for another node, or for Sweep.
	Idle bool
}

// Service is conversations and generations. It is safe for concurrent use.
type Service struct {
	Config
	conversations, generations, paths *page.List
	metrics                           *metrics
	// Crew makes the answers.
	*tape.Crew
}

// New returns the service. Close ends it.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Tapes == nil || c.Guard == nil || c.Channels == nil || c.Say == nil || c.Tools == nil || c.Models == nil || c.Clock == nil || c.Keys == nil || c.Logger == nil {
		return nil, errors.New("assistant: DB, Log, Tapes, Guard, Channels, Say, Tools, Models, Clock, Keys and Logger are needed")
	}
	key := c.Keys.Derive("page/assistant")
	s := &Service{
		Config:        c,
		conversations: page.NewList(key[:], "conversations", true, func(x *entgen.Conversation) []any { return []any{x.ID} }, page.Column{Name: "id"}),
		generations:   page.NewList(key[:], "generations", true, func(x *entgen.Generation) []any { return []any{x.ID} }, page.Column{Name: "id"}),
		paths:         page.NewList(key[:], "path", false, func(x *entgen.Message) []any { return []any{x.Seq} }, page.Column{Name: "seq", Kind: page.Int}),
		metrics:       newMetrics(),
	}
	var err error
	s.Crew, err = c.Tapes.NewCrew(tape.CrewConfig{
		Kind: tapeKind, Most: capacity, Begin: s.makes, Idle: c.Idle, Running: func(more int) { s.metrics.running.Add(float64(more)) },
	})
	return s, err
}

// reach returns a conversation of the caller's with its channel. One they may not know of is NOT_FOUND, lacking p is FORBIDDEN.
func (s *Service) reach(ctx context.Context, c *entgen.Conversation, p authz.Permission) (*entgen.Channel, error) {
	if c == nil {
		return nil, fault.Absent()
	}
	return s.Channels.Reach(ctx, c.ChannelID, p)
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
