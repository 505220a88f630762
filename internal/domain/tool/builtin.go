package tool

import (
	"context"
	"encoding/json"
	"time"

	"karnak/authz"
	"karnak/ent/enum"
	"karnak/ent/pinned"
)

// builtIn is a tool that every workspace has.
type builtIn struct {
	*version
	// permissions are what it may do of what its caller may, needs those without which it does nothing.
	permissions, needs authz.Set
	// run does it, with the rights of the actor of ctx, for arguments that fit.
	run func(ctx context.Context, workspaceID string, arguments json.RawMessage) (any, error)
}

// BuiltInTool is a built-in tool as clients see it.
type BuiltInTool struct {
	Name, Number, Description string
	InputSchema, OutputSchema json.RawMessage
	Replay                    enum.Replay
	Approval                  enum.Approval
	Permissions               []string
}

// The names of the built-in tools.
const (
	searchMessages = reserved + "search_messages"
	listChannels   = reserved + "list_channels"
	readChannel    = reserved + "read_channel"
	calculator     = reserved + "calculate"
	fetchURL       = reserved + "fetch_url"
)

// builtInTimeout is how long a built-in tool may take.
const builtInTimeout = 15 * time.Second

const (
	messageSchema = `{"type":"object","properties":{"id":{"type":"string"},"channelId":{"type":"string"},"author":{"type":"string"},` +
		`"body":{"type":"string"},"sentAt":{"type":"string","format":"date-time"}},"required":["id","channelId","author","body","sentAt"]}`
	messagesSchema = `{"type":"object","properties":{"messages":{"type":"array","items":` + messageSchema + `}},"required":["messages"]}`
	mostSchema     = `"most":{"type":"integer","minimum":1,"maximum":50,"description":"At most so many; 20 where it is left out."}`
)

// builtIns returns the built-in tools. The number of one goes up with every change of what it says or does.
func (s *Service) builtIns() ([]*builtIn, error) {
	chats := authz.SetOf(authz.ChatRead)
	reads := chats.Union(authz.SetOf(authz.ChatReadAll))
	all := []struct {
		definition
		permissions, needs authz.Set
		run                func(context.Context, string, json.RawMessage) (any, error)
	}{
		{definition{
			Name: searchMessages, Number: "1.0.0", Replay: enum.ReadOnly, Approval: enum.AskNever,
			Description: "Finds messages of the workspace that hold all of the given words, the newest first, in channels that the caller may read.",
			Input: json.RawMessage(`{"type":"object","properties":{"words":{"type":"string","minLength":1,"maxLength":200,` +
				`"description":"Words that the messages hold."},` + mostSchema + `},"required":["words"],"additionalProperties":false}`),
			Output: json.RawMessage(messagesSchema),
		}, reads, chats, s.search},
		{definition{
			Name: listChannels, Number: "1.0.0", Replay: enum.ReadOnly, Approval: enum.AskNever,
			Description: "Lists channels of the workspace that the caller may read, by name, with their ids.",
			Input:       json.RawMessage(`{"type":"object","properties":{` + mostSchema + `},"additionalProperties":false}`),
			Output: json.RawMessage(`{"type":"object","properties":{"channels":{"type":"array","items":{"type":"object","properties":` +
				`{"id":{"type":"string"},"name":{"type":"string"}},"required":["id","name"]}}},"required":["channels"]}`),
		}, reads, chats, s.list},
		{definition{
			Name: readChannel, Number: "1.0.0", Replay: enum.ReadOnly, Approval: enum.AskNever,
			Description: "Reads the newest messages of a channel that the caller may read, in their order.",
			Input: json.RawMessage(`{"type":"object","properties":{"channelId":{"type":"string","minLength":1,"maxLength":40,` +
				`"description":"The channel's id, as karnak_list_channels or karnak_search_messages tells it."},` + mostSchema + `},"required":["channelId"],"additionalProperties":false}`),
			Output: json.RawMessage(messagesSchema),
		}, reads, chats, s.read},
		{definition{
			Name: calculator, Number: "1.0.0", Replay: enum.ReadOnly, Approval: enum.AskNever,
			Description: "Calculates an expression exactly: numbers, + - * / %, parentheses, and abs, min, max, round, floor, ceil, sqrt and pow.",
			Input: json.RawMessage(`{"type":"object","properties":{"expression":{"type":"string","minLength":1,"maxLength":500,` +
				`"description":"As in (19.90 * 12) / 7 or round(sqrt(2), 3)."}},"required":["expression"],"additionalProperties":false}`),
			Output: json.RawMessage(`{"type":"object","properties":{"value":{"type":"string"},"exact":{"type":"boolean"}},"required":["value","exact"]}`),
		}, authz.Set{}, authz.Set{}, calculates},
		{definition{
			Name: fetchURL, Number: "1.0.0", Replay: enum.ReadOnly, Approval: enum.AskModels,
			Description: "Fetches a page of the public Internet by GET and returns its text. Redirects are not followed.",
			Input: json.RawMessage(`{"type":"object","properties":{"url":{"type":"string","minLength":8,"maxLength":2000,` +
				`"description":"An address that begins with https:// or http://."}},"required":["url"],"additionalProperties":false}`),
			Output: json.RawMessage(`{"type":"object","properties":{"url":{"type":"string"},"status":{"type":"integer"},"type":{"type":"string"},` +
				`"text":{"type":"string"},"truncated":{"type":"boolean"}},"required":["url","status","type","text","truncated"]}`),
		}, authz.Set{}, authz.Set{}, s.fetch},
	}
	var out []*builtIn
	for _, x := range all {
		x.Timeout = int(builtInTimeout.Milliseconds())
		for _, p := range x.permissions.Permissions() {
			x.Permissions = append(x.Permissions, string(p))
		}
		hash, err := x.hash()
		if err != nil {
			return nil, err
		}
		b := &builtIn{permissions: x.permissions, needs: x.needs, run: x.run}
		b.version = &version{definition: x.definition, pin: pinned.Tool{Name: x.Name, Number: x.Number, Hash: hash}, builtIn: b, state: enum.Approved}
		out = append(out, b)
	}
	return out, nil
}

// find returns the built-in tool of a name, or nil.
func (s *Service) find(name string) *builtIn {
	for _, b := range s.given {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// BuiltInTools returns the tools that every workspace has. Needs tool:read.
func (s *Service) BuiltInTools(ctx context.Context, workspaceID string) ([]*BuiltInTool, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.ToolRead, workspaceID); err != nil {
		return nil, err
	}
	out := make([]*BuiltInTool, len(s.given))
	for i, b := range s.given {
		out[i] = &BuiltInTool{
			Name: b.Name, Number: b.Number, Description: b.Description, InputSchema: b.Input, OutputSchema: b.Output, Replay: b.Replay, Approval: b.Approval,
			Permissions: b.Permissions,
		}
		if out[i].Permissions == nil {
			out[i].Permissions = []string{}
		}
	}
	return out, nil
}

// usual is how many messages are told where nobody says how many.
const usual = 20

func most(n int) int {
	if n == 0 {
		return usual
	}
	return n
}

func (s *Service) search(ctx context.Context, workspaceID string, arguments json.RawMessage) (any, error) {
	var in struct {
		Words string `json:"words"`
		Most  int    `json:"most"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	return messages(s.Chat.Search(ctx, workspaceID, in.Words, most(in.Most)))
}

func (s *Service) list(ctx context.Context, workspaceID string, arguments json.RawMessage) (any, error) {
	var in struct {
		Most int `json:"most"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	rows, err := s.Chat.Channels(ctx, workspaceID, most(in.Most))
	return map[string]any{"channels": append([]Place{}, rows...)}, err
}

func (s *Service) read(ctx context.Context, workspaceID string, arguments json.RawMessage) (any, error) {
	var in struct {
		ChannelID string `json:"channelId"`
		Most      int    `json:"most"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	return messages(s.Chat.Read(ctx, workspaceID, in.ChannelID, most(in.Most)))
}

func messages(rows []Said, err error) (any, error) {
	return map[string]any{"messages": append([]Said{}, rows...)}, err
}
