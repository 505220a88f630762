package assistant

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/conversation"
	"karnak/ent/entgen/generation"
	"karnak/ent/entgen/message"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/page"
	"karnak/internal/platform/store"
)

// ConversationByID returns a conversation; nil when there is none of the caller's.
func (s *Service) ConversationByID(ctx context.Context, conversationID string) (*entgen.Conversation, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	c, err := s.Conversation(ctx, conversationID)
	if c == nil || err != nil {
		return nil, err
	}
	_, err = s.reach(ctx, c, authz.AssistantRead)
	return hidden(c, err)
}

// GenerationByID returns a generation; nil when there is none in a conversation of the caller's.
func (s *Service) GenerationByID(ctx context.Context, generationID string) (*entgen.Generation, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	g, err := s.Generation(ctx, generationID)
	if g == nil || err != nil {
		return nil, err
	}
	_, err = s.Channels.Reach(ctx, g.ChannelID, authz.AssistantRead)
	return hidden(g, err)
}

type (
	kindConversation struct{}
	kindGeneration   struct{}
	kindOfMessage    struct{}
)

// Conversation returns a conversation that was let through before; look-ups of one answer share a query.
func (s *Service) Conversation(ctx context.Context, conversationID string) (*entgen.Conversation, error) {
	return batch.Load(ctx, kindConversation{}, conversationID, func(ctx context.Context, ids []string) (map[string]*entgen.Conversation, error) {
		rows, err := s.DB.Client().Conversation.Query().Where(store.In(conversation.FieldID, ids)).All(ctx)
		return index(rows, func(c *entgen.Conversation) string { return c.ID }), err
	})
}

// Generation is Conversation for generations.
func (s *Service) Generation(ctx context.Context, generationID string) (*entgen.Generation, error) {
	return batch.Load(ctx, kindGeneration{}, generationID, func(ctx context.Context, ids []string) (map[string]*entgen.Generation, error) {
		rows, err := s.DB.Client().Generation.Query().Where(store.In(generation.FieldID, ids)).All(ctx)
		s.expect(ctx, rows)
		return index(rows, func(g *entgen.Generation) string { return g.ID }), err
	})
}

// Of returns the generation that made a message; nil for one that a person wrote. The message was let through before.
func (s *Service) Of(ctx context.Context, m *entgen.Message) (*entgen.Generation, error) {
	return batch.Load(ctx, kindOfMessage{}, m.ID, func(ctx context.Context, ids []string) (map[string]*entgen.Generation, error) {
		rows, err := s.DB.Client().Generation.Query().Where(store.In(generation.FieldMessageID, ids)).All(ctx)
		s.expect(ctx, rows)
		return index(rows, func(g *entgen.Generation) string { return *g.MessageID }), err
	})
}

// expect tells what the fields of generations will probably ask for.
func (s *Service) expect(ctx context.Context, rows []*entgen.Generation) {
	var channels, messages, users []string
	for _, g := range rows {
		channels, messages, users = append(channels, g.ChannelID), append(messages, g.PromptID), append(users, g.StartedBy)
		if g.MessageID != nil {
			messages = append(messages, *g.MessageID)
		}
	}
	s.Channels.Expect(ctx, channels, messages)
	s.Guard.ExpectPersons(ctx, users)
}

// Conversations returns the conversations that the caller is in, the newest first. Needs assistant:read.
func (s *Service) Conversations(ctx context.Context, workspaceID string, args page.Args) (*ConversationConnection, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.AssistantRead, workspaceID); err != nil {
		return nil, err
	}
	w, err := s.conversations.Window(args)
	if err != nil {
		return nil, err
	}
	self := authz.ActorOf(ctx).UserID
	q := s.DB.Client().Conversation.Query().Where(conversation.WorkspaceID(workspaceID), func(q *sql.Selector) {
		m := sql.Dialect(q.Dialect()).Table("channel_members").As("cm")
		q.Where(sql.In(q.C(conversation.FieldChannelID), sql.Dialect(q.Dialect()).Select(m.C("channel_id")).From(m).
			Where(sql.And(sql.EQ(m.C("workspace_id"), workspaceID), sql.EQ(m.C("user_id"), self)))))
	})
	all := q.Clone()
	rows, err := q.Where(s.conversations.Where(w)).Order(s.conversations.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	var channels, leaves []string
	for _, c := range rows {
		channels = append(channels, c.ChannelID)
		if c.LeafID != nil {
			leaves = append(leaves, *c.LeafID)
		}
	}
	s.Channels.Expect(ctx, channels, leaves)
	return page.Build(s.conversations, w, rows, all.Count), nil
}

// Generations returns the generations of a conversation that was let through before, the newest first.
func (s *Service) Generations(ctx context.Context, c *entgen.Conversation, args page.Args) (*GenerationConnection, error) {
	w, err := s.generations.Window(args)
	if err != nil {
		return nil, err
	}
	q := s.DB.Client().Generation.Query().Where(generation.WorkspaceID(c.WorkspaceID), generation.ConversationID(c.ID))
	all := q.Clone()
	rows, err := q.Where(s.generations.Where(w)).Order(s.generations.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	s.expect(ctx, rows)
	return page.Build(s.generations, w, rows, all.Count), nil
}

// Title returns what a conversation is called.
func (s *Service) Title(ctx context.Context, c *entgen.Conversation) (string, error) {
	channel, err := s.Channels.Channel(ctx, c.ChannelID)
	if channel == nil || err != nil {
		return "", err
	}
	return channel.Name, nil
}

// Leaf returns the last message of the branch that is looked at; nil while there is none.
func (s *Service) Leaf(ctx context.Context, c *entgen.Conversation) (*entgen.Message, error) {
	if c.LeafID == nil {
		return nil, nil
	}
	return s.Channels.Message(ctx, *c.LeafID)
}

// Path returns the messages of the branch that is looked at, from the first on.
func (s *Service) Path(ctx context.Context, c *entgen.Conversation, args page.Args) (*page.Connection[*entgen.Message], error) {
	w, err := s.paths.Window(args)
	if err != nil {
		return nil, err
	}
	if c.LeafID == nil {
		return page.Build(s.paths, w, []*entgen.Message{}, func(context.Context) (int, error) { return 0, nil }), nil
	}
	ids, err := s.up(ctx, c.WorkspaceID, *c.LeafID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Client().Message.Query().Where(message.WorkspaceID(c.WorkspaceID), store.In(message.FieldID, ids)).
		Where(s.paths.Where(w)).Order(s.paths.Order(w)).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	return page.Build(s.paths, w, rows, func(context.Context) (int, error) { return len(ids), nil }), nil
}

// deepest bounds how many messages of a branch are looked at.
const deepest = 1000

// up returns the ids of a message and of what it answers, up to the first message.
func (s *Service) up(ctx context.Context, workspaceID, messageID string) (ids []string, err error) {
	rows := &sql.Rows{}
	err = s.DB.Reader().Query(ctx, `WITH RECURSIVE up(id, reply_to_id, depth) AS (
SELECT id, reply_to_id, 1 FROM messages WHERE workspace_id = $1 AND id = $2
UNION ALL SELECT m.id, m.reply_to_id, up.depth + 1 FROM messages m JOIN up ON m.id = up.reply_to_id WHERE m.workspace_id = $1 AND up.depth < $3
) SELECT id FROM up`, []any{workspaceID, messageID, deepest}, rows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var x string
		if err := rows.Scan(&x); err != nil {
			return nil, err
		}
		ids = append(ids, x)
	}
	return ids, rows.Err()
}
