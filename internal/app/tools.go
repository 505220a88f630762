package app

import (
	"context"
	"log/slog"
	"os"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/guard"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/tool"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/egress"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/httpclient"
	"karnak/internal/platform/page"
	"karnak/internal/platform/sandbox"
)

// What a page that a tool fetches may take.
const (
	fetchConnect, fetchHeaders, fetchSilence = 5 * time.Second, 10 * time.Second, 5 * time.Second
	fetchBody                                = 4 << 20
)

// openSandbox returns what runs the programs of tools: this program, started again.
func openSandbox(cfg *config.Config, c clock.Clock, logger *slog.Logger) (*sandbox.Pool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return sandbox.New(sandbox.Config{Command: []string{self, sandbox.Argument}, Clock: c, Logger: logger, Most: cfg.ToolRuns, Spare: 1})
}

func openTools(e *engines, c *chat.Service, idle bool) (*tool.Service, error) {
	g, err := egress.New(egress.Config{Private: e.cfg.EgressPrivate})
	if err != nil {
		return nil, err
	}
	client, err := httpclient.New(httpclient.Config{
		Connect: fetchConnect, Headers: fetchHeaders, Silence: fetchSilence, Line: fetchBody, Body: fetchBody, Dial: g.Control,
	})
	if err != nil {
		return nil, err
	}
	return tool.New(tool.Config{
		DB: e.db, Log: e.log, Tapes: e.tapes, Guard: e.guard, Clock: e.clock, Keys: e.keys, Logger: e.logger, Chat: talk{c, e.guard},
		HTTP: client, Egress: g, Sandbox: e.sandbox, Idle: idle,
	})
}

// talk is the room of channels and messages as tools see it.
type talk struct {
	chat  *chat.Service
	guard *guard.Guard
}

// Search returns messages that hold all of the words, the newest first.
func (t talk) Search(ctx context.Context, workspaceID, words string, most int) ([]tool.Said, error) {
	c, err := t.chat.Search(ctx, workspaceID, words, page.Args{First: &most})
	if err != nil {
		return nil, err
	}
	return t.told(ctx, c.Nodes())
}

// Read returns the newest messages of a channel, in their order.
func (t talk) Read(ctx context.Context, workspaceID, channelID string, most int) ([]tool.Said, error) {
	in, err := t.chat.ChannelByID(ctx, channelID)
	if err != nil {
		return nil, err
	}
	if in == nil || in.WorkspaceID != workspaceID {
		return nil, fault.User(fault.Missing, "channelId", "There is no such channel that you may read.")
	}
	c, err := t.chat.Messages(ctx, in, page.Args{Last: &most})
	if err != nil {
		return nil, err
	}
	return t.told(ctx, c.Nodes())
}

// Channels returns channels that can be read, by name.
func (t talk) Channels(ctx context.Context, workspaceID string, most int) ([]tool.Place, error) {
	c, err := t.chat.Channels(ctx, workspaceID, page.Args{First: &most})
	if err != nil {
		return nil, err
	}
	var out []tool.Place
	for _, x := range c.Nodes() {
		out = append(out, tool.Place{ID: x.ID, Name: x.Name})
	}
	return out, nil
}

func (t talk) told(ctx context.Context, rows []*entgen.Message) (out []tool.Said, err error) {
	for _, m := range rows {
		if m.DeletedAt != nil {
			continue
		}
		by, err := t.guard.Person(ctx, m.AuthorID)
		if err != nil {
			return nil, err
		}
		name := ""
		if by != nil {
			name = by.DisplayName
		}
		out = append(out, tool.Said{ID: m.ID, ChannelID: m.ChannelID, Author: name, Body: m.Body, SentAt: m.CreatedAt})
	}
	return out, nil
}
