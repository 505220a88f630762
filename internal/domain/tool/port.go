package tool

import (
	"context"
	"time"

	"karnak/internal/platform/sandbox"
)

// Chat is what the built-in tools ask of the room that channels and messages belong to, with the rights of the actor of ctx.
type Chat interface {
	// Search returns messages that hold all of the words, the newest first.
	Search(ctx context.Context, workspaceID, words string, most int) ([]Said, error)
	// Read returns the newest messages of a channel, in their order.
	Read(ctx context.Context, workspaceID, channelID string, most int) ([]Said, error)
	// Channels returns channels that can be read, by name.
	Channels(ctx context.Context, workspaceID string, most int) ([]Place, error)
}

// Said is a message as tools are told it.
type Said struct {
	ID        string    `json:"id"`
	ChannelID string    `json:"channelId"`
	Author    string    `json:"author"`
	Body      string    `json:"body"`
	SentAt    time.Time `json:"sentAt"`
}

// Place is a channel as tools are told it.
type Place struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Sandbox runs programs.
type Sandbox interface {
	Run(ctx context.Context, p sandbox.Program, h sandbox.Host) (sandbox.Result, error)
	// Check reads a program and does not run it.
	Check(ctx context.Context, source string) error
}
