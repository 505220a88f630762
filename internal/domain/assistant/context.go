package assistant

import (
	"context"

	"karnak/ent/entgen"
	"karnak/ent/entgen/message"
	"karnak/internal/core/llm"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// path returns a message and what it answers, from the first on.
func (s *Service) path(ctx context.Context, workspaceID, messageID string) ([]*entgen.Message, error) {
	ids, err := s.up(ctx, workspaceID, messageID)
	if err != nil {
		return nil, err
	}
	return s.DB.Client().Message.Query().Where(message.WorkspaceID(workspaceID), store.In(message.FieldID, ids)).Order(entgen.Asc(message.FieldSeq)).All(ctx)
}

// turns are messages as a model is told them. Where they are more than it takes, the first ones are left out; they begin with
// somebody's own all the same.
func turns(rows []*entgen.Message, model *llm.Model, r llm.Request) []llm.Turn {
	var out []llm.Turn
	room := model.ContextTokens - r.MaxTokens - r.Estimate()
	for i := len(rows) - 1; i >= 0; i-- {
		m := rows[i]
		if m.Body == "" {
			continue
		}
		room -= llm.Estimate(m.Body)
		if model.ContextTokens > 0 && room < 0 && len(out) > 0 {
			break
		}
		t := llm.Turn{Role: llm.User, Text: m.Body}
		if m.AuthorID == id.Assistant {
			t.Role = llm.Assistant
		}
		out = append(out, t)
	}
	for len(out) > 0 && out[len(out)-1].Role == llm.Assistant {
		out = out[:len(out)-1]
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
