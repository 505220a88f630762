package dataset

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"

	"karnak/internal/platform/id"
)

// table is rows for one table, made one after the other.
type table struct {
	name    string
	columns []string
	count   int
	row     func(i int) []any
}

// tables returns everything, in an order that foreign keys allow.
func (m *maker) tables() []table {
	return []table{
		{"users", []string{"id", "created_at", "email", "email_key", "display_name", "password_hash"}, len(m.users), m.user(hashed())},
		{"workspaces", []string{"id", "created_at", "name", "slug", "tier"}, 1 + m.Teams, m.workspace},
		{"members", []string{"id", "workspace_id", "user_id", "role", "owner", "joined_at"}, len(m.users) + m.Teams, m.member},
		{"channels", []string{"id", "workspace_id", "created_at", "name", "name_key", "visibility", "last_seq", "created_by"}, len(m.channels) + m.Teams, m.channel},
		{"channel_members", []string{"id", "workspace_id", "channel_id", "user_id", "joined_at"}, len(m.users) + m.Teams, m.channelMember},
		{"messages", []string{"id", "workspace_id", "created_at", "channel_id", "seq", "author_id", "body"}, m.Size.Messages, m.message},
		{"events", []string{"id", "workspace_id", "seq", "type", "actor_id", "object_id", "channel_id", "occurred_at", "recorded_at", "source"}, m.Size.Messages, m.event()},
		{"event_heads", []string{"id", "seq"}, 1 + m.Teams, m.head},
	}
}

// hashed is a hash of Password at the least cost: signing in is not measured.
func hashed() string {
	salt := []byte("bench bench salt")
	sum := argon2.IDKey([]byte(Password), salt, 1, 8, 1, 32)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, enc.EncodeToString(salt), enc.EncodeToString(sum))
}

func (m *maker) user(password string) func(int) []any {
	return func(i int) []any {
		return []any{m.users[i], m.start, email(i), email(i), fmt.Sprintf("Person %03d", i), password}
	}
}

func (m *maker) workspace(i int) []any {
	if i == 0 {
		return []any{m.data.Workspace, m.start, "Benchmark", "benchmark", "ENTERPRISE"}
	}
	return []any{m.data.Teams[i-1].Workspace, m.start, fmt.Sprintf("Team %03d", i), fmt.Sprintf("team-%03d", i), "STARTUP"}
}

// place is the i-th membership: of the workspace with the history first, then of the teams.
func (m *maker) place(i int) Place {
	if i < len(m.users) {
		return m.data.Places[i]
	}
	return m.data.Teams[i-len(m.users)]
}

func (m *maker) member(i int) []any {
	p := m.place(i)
	owns := i == 0 || i >= len(m.users)
	role := "user"
	if owns {
		role = "admin"
	}
	return []any{id.New(id.Member), p.Workspace, p.User, role, owns, m.start}
}

func (m *maker) channel(i int) []any {
	if i >= len(m.channels) {
		p := m.data.Teams[i-len(m.channels)]
		return []any{p.Channel, p.Workspace, m.start, "general", "general", "PUBLIC", 0, p.User}
	}
	name := fmt.Sprintf("channel-%03d", i)
	return []any{m.channels[i], m.data.Workspace, m.start, name, name, "PUBLIC", m.seq(m.Size.Messages - len(m.channels) + i), m.users[0]}
}

func (m *maker) channelMember(i int) []any {
	p := m.place(i)
	return []any{id.New(id.ChannelMember), p.Workspace, p.Channel, p.User, m.start}
}

// seq is the number of the i-th message in its channel: the channels take turns.
func (m *maker) seq(i int) int { return i/len(m.channels) + 1 }

// message makes the i-th one; they were written in turns, as people do, so that a channel's lie apart from each other.
func (m *maker) message(i int) []any {
	messageID := id.New(id.Message)
	m.data.Messages = append(m.data.Messages, messageID)
	return []any{messageID, m.data.Workspace, m.at(i), m.channels[i%len(m.channels)], m.seq(i), m.users[m.dice.IntN(len(m.users))], m.body()}
}

func (m *maker) event() func(int) []any {
	return func(i int) []any {
		at := m.at(i)
		return []any{id.New(id.Event), m.data.Workspace, i + 1, "chat.message.posted", m.users[i%len(m.users)], m.data.Messages[i],
			m.channels[i%len(m.channels)], at, at, "karnak"}
	}
}

func (m *maker) head(i int) []any {
	if i == 0 {
		return []any{m.data.Workspace, m.Size.Messages}
	}
	return []any{m.data.Teams[i-1].Workspace, 0}
}
