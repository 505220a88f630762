package assistant

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/generation"
	"karnak/internal/core/llm"
	"karnak/internal/core/stream"
	"karnak/internal/core/tape"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/fault"
)

// Watch is an open look at the making of an answer. It is for one goroutine.
type Watch struct{ *tape.Follower }

// WatchGeneration follows the making of an answer from its first step on, or after a cursor, until it has ended. Needs
// assistant:read, now and as long as it runs, and membership of the conversation's channel. Close it.
func (s *Service) WatchGeneration(ctx context.Context, generationID string, after *string) (*Watch, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	g, err := optional(s.DB.Client().Generation.Query().Where(generation.ID(generationID)).Only(ctx))
	if g == nil || err != nil {
		return nil, either(err, fault.Absent())
	}
	found, err := s.Channels.Reach(ctx, g.ChannelID, authz.AssistantRead)
	if err != nil {
		return nil, err
	}
	// What is kept for as long as somebody watches.
	c := &entgen.Channel{ID: found.ID, WorkspaceID: found.WorkspaceID, Visibility: found.Visibility}
	f, err := s.Tapes.Follow(ctx, tape.Spec{
		WorkspaceID: g.WorkspaceID, TapeID: g.ID, After: after, Own: authz.ActorOf(ctx).UserID,
		Allow: func(ctx context.Context) (time.Time, error) {
			return s.Channels.StillReads(ctx, c, authz.AssistantRead)
		},
	})
	if err != nil {
		return nil, err
	}
	return &Watch{f}, nil
}

// mostTogether bounds the text of deltas that are told together, in bytes.
const mostTogether = 16 << 10

// Next waits for the next step. Deltas that are there already come together, so that who is behind catches up. It ends with
// stream.ErrClosed behind the last step.
func (w *Watch) Next(ctx context.Context) (GenerationEvent, error) {
	step, err := w.Follower.Next(ctx)
	if errors.Is(err, io.EOF) {
		err = stream.ErrClosed
	}
	if err != nil {
		return nil, err
	}
	if step.Kind != stepText && step.Kind != stepReasoning {
		return typed(step)
	}
	d, err := data[textData](step)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	text.WriteString(d.Text)
	for text.Len() < mostTogether {
		more := w.More(step.Kind)
		if more == nil {
			break
		}
		if d, err = data[textData](more); err != nil {
			return nil, err
		}
		text.WriteString(d.Text)
		step = more
	}
	at := Stepped{step.Seq, step.Cursor, step.At}
	if step.Kind == stepReasoning {
		return &ReasoningDelta{at, text.String()}, nil
	}
	return &TextDelta{at, text.String()}, nil
}

// Snapshot is what a generation's steps come to.
type Snapshot struct {
	Text, Reasoning string
	Seq             int64
	Cursor          *string
	story
}

type kindSnapshot struct{ workspaceID string }

// Snapshot returns what there is of an answer, of a generation that was let through before. What it does not hold comes after
// its cursor. All fields of one answer have the same one.
func (s *Service) Snapshot(ctx context.Context, g *entgen.Generation) (*Snapshot, error) {
	return batch.Load(ctx, kindSnapshot{g.WorkspaceID}, g.ID, func(ctx context.Context, ids []string) (map[string]*Snapshot, error) {
		out := make(map[string]*Snapshot, len(ids))
		for _, id := range ids {
			x, err := s.snapshot(ctx, g.WorkspaceID, id)
			if err != nil {
				return nil, err
			}
			out[id] = x
		}
		return out, nil
	})
}

const stepsPage = 1000

func (s *Service) snapshot(ctx context.Context, workspaceID, generationID string) (*Snapshot, error) {
	out := &Snapshot{}
	var text, reasoning strings.Builder
	for {
		steps, err := s.Tapes.After(ctx, workspaceID, generationID, out.Seq, 1<<62, stepsPage)
		if err != nil {
			return nil, err
		}
		for _, x := range steps {
			out.Seq, out.Cursor = x.Seq, &x.Cursor
			came, err := out.take(x)
			if err != nil {
				return nil, err
			}
			if x.Kind == stepText {
				text.WriteString(came)
			} else {
				reasoning.WriteString(came)
			}
		}
		if len(steps) < stepsPage {
			out.Text, out.Reasoning = text.String(), reasoning.String()
			return out, nil
		}
	}
}

// Usage returns what a generation took.
func (s *Service) Usage(g *entgen.Generation) *TokenUsage {
	d := usageData{Input: g.InputTokens, Cached: g.CachedTokens, Output: g.OutputTokens, Estimated: g.Estimated}
	if m := s.Models.Find(g.Model); g.Cost > 0 || m != nil && m.Price != nil {
		d.Cost = &g.Cost
	}
	return d.shown()
}

// Failure returns why a generation failed; nil for one that did not.
func Failure(g *entgen.Generation) *GenerationError {
	if g.Failure == "" {
		return nil
	}
	return failure(llm.Kind(g.Failure))
}
