package chat

import (
	"context"
	"sort"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/reaction"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/store"
)

// AddReaction adds the caller's emoji to a message. Needs chat:write. Adding it twice changes nothing.
func (s *Service) AddReaction(ctx context.Context, in AddReactionInput) (*AddReactionPayload, error) {
	m, c, err := s.message(ctx, in.MessageID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	self := authz.ActorOf(ctx).UserID
	if err := s.belong(ctx, c.WorkspaceID, self); err != nil {
		return nil, err
	}
	add := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if m, err = s.lock(ctx, tx, in.MessageID); err != nil {
			return "", err
		}
		there, err := tx.Reaction.Query().Where(reaction.MessageID(m.ID), reaction.UserID(self), reaction.Emoji(in.Emoji)).Exist(ctx)
		if err != nil || there {
			return m.ID, err
		}
		err = tx.Reaction.Create().SetWorkspaceID(m.WorkspaceID).SetMessageID(m.ID).SetUserID(self).SetEmoji(in.Emoji).SetCreatedAt(s.Clock.Now()).Exec(ctx)
		if err != nil {
			return "", err
		}
		return m.ID, s.tell(ctx, tx, m, reactionAdded, reactionData{in.Emoji})
	}
	done, err := s.Log.Change(ctx, add)
	if store.Duplicate(err) {
		done, err = s.Log.Change(ctx, add)
	}
	return sent(ctx, s, done, m, err, func(p MessagePayload) *AddReactionPayload { return &AddReactionPayload{p} })
}

// RemoveReaction takes the caller's emoji back. Needs chat:write. Taking back what is not there changes nothing.
func (s *Service) RemoveReaction(ctx context.Context, in RemoveReactionInput) (*RemoveReactionPayload, error) {
	m, _, err := s.message(ctx, in.MessageID, authz.ChatWrite)
	if err != nil {
		return nil, err
	}
	self := authz.ActorOf(ctx).UserID
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		n, err := tx.Reaction.Delete().Where(reaction.WorkspaceID(m.WorkspaceID), reaction.MessageID(m.ID), reaction.UserID(self), reaction.Emoji(in.Emoji)).Exec(ctx)
		if err != nil || n == 0 {
			return m.ID, err
		}
		return m.ID, s.tell(ctx, tx, m, reactionRemoved, reactionData{in.Emoji})
	})
	return sent(ctx, s, done, m, err, func(p MessagePayload) *RemoveReactionPayload { return &RemoveReactionPayload{p} })
}

type kindReactions struct{ user string }

// Reactions returns a message's reactions by emoji, the most given first.
func (s *Service) Reactions(ctx context.Context, m *entgen.Message) ([]*ReactionGroup, error) {
	self := authz.ActorOf(ctx).UserID
	return batch.Load(ctx, kindReactions{self}, m.ID, func(ctx context.Context, ids []string) (map[string][]*ReactionGroup, error) {
		return s.reactions(ctx, self, ids)
	})
}

func (s *Service) reactions(ctx context.Context, self string, ids []string) (map[string][]*ReactionGroup, error) {
	var rows []struct {
		MessageID string `json:"message_id"`
		Emoji     string `json:"emoji"`
		Count     int    `json:"count"`
		Mine      int    `json:"mine"`
	}
	mine := func(q *sql.Selector) string {
		return sql.As("MAX(CASE WHEN "+q.C(reaction.FieldUserID)+" = '"+self+"' THEN 1 ELSE 0 END)", "mine")
	}
	err := s.DB.Client().Reaction.Query().Where(store.In(reaction.FieldMessageID, ids)).
		GroupBy(reaction.FieldMessageID, reaction.FieldEmoji).Aggregate(entgen.Count(), mine).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := map[string][]*ReactionGroup{}
	for _, r := range rows {
		out[r.MessageID] = append(out[r.MessageID], &ReactionGroup{r.Emoji, r.Count, r.Mine == 1})
	}
	for _, g := range out {
		sort.Slice(g, func(i, j int) bool {
			if g[i].Count != g[j].Count {
				return g[i].Count > g[j].Count
			}
			return g[i].Emoji < g[j].Emoji
		})
	}
	return out, nil
}
