package authz_test

import (
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// workshop is a workspace with a tool whose runs wait for a yes, and a member who has them run.
func workshop(t *testing.T, w *world.World, role string) *scene {
	t.Helper()
	s := &scene{World: w.Beside()}
	s.Owner, s.reader = s.SignUp(t, "Owner"), s.SignUp(t, "Reader")
	s.IDs["workspace"] = s.Workspace(t, s.Owner)
	s.Join(t, s.Owner, s.reader, s.IDs["workspace"], role)
	s.Approve(t, s.IDs["workspace"], "careful", "1.0.0", "ALWAYS")
	return s
}

// TestRunsEnd takes the right to follow a run away from somebody who does, while nothing more of it comes: the stream ends within a
// second. The right to run tools is looked at when one runs, whatever it was when it was asked for.
func TestRunsEnd(t *testing.T) {
	t.Parallel()
	deny := func(permission string) func(t *testing.T, s *scene) {
		return func(t *testing.T, s *scene) {
			s.makeRole(t, "mute", permission)
			s.assign(t, "mute")
		}
	}
	each(t, func(t *testing.T, engine string) {
		n := apptest.Start(t, engine, apptest.Options{Args: []string{world.Trusting}})
		w := world.New(n, nil)
		for name, revoke := range map[string]func(t *testing.T, s *scene){
			"a role that denies it": deny("tool:read"),
			"a member no more": func(t *testing.T, s *scene) {
				s.Run(t, s.Owner, "removeMember", "userId", apptest.Vars{"workspaceId": s.IDs["workspace"], "userId": s.reader.ID})
			},
		} {
			s := workshop(t, w, "user")
			id, _ := s.Invoke(t, s.reader, s.IDs["workspace"], "careful", 1)
			l := world.Dial(t, n, s.reader.Token)
			l.Subscribe(t, "1", world.Runs, apptest.Vars{"g": id})
			if m, err := l.Read(world.Patience); err != nil || !m.Has("ToolInvocationAwaiting") {
				t.Fatalf("%s: %s %s %v", name, m.Type, m.Payload, err)
			}
			revoke(t, s)
			at := time.Now()
			m, err := l.Read(world.Patience)
			if code := m.Code(); err != nil || code != "FORBIDDEN" && code != "NOT_FOUND" {
				t.Errorf("%s: %s %s %v", name, m.Type, m.Payload, err)
			}
			if took := time.Since(at); took > promptly {
				t.Errorf("%s: it took %s", name, took)
			}
		}
		idle := apptest.Start(t, engine, apptest.Options{Args: []string{world.Trusting}, Idle: true})
		s := workshop(t, world.New(idle, nil), "user")
		a := s.Run(t, s.reader, "invokeTool", "invocation { id }", apptest.Vars{"workspaceId": s.IDs["workspace"], "tool": "karnak_calculate", "arguments": apptest.Vars{"expression": "1 + 1"}})
		deny("tool:invoke")(t, s)
		if err := idle.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := s.Must(t, s.reader.Token, `query($i: ID!) { node(id: $i) { ... on ToolInvocation { state output error { code } } } }`, apptest.Vars{"i": a.Text("invokeTool.invocation.id")})
		if got.Text("node.error.code") != "FORBIDDEN" || got.Get("node.output") != nil {
			t.Errorf("run without the right to: %s", got.Body)
		}
	})
}

// TestBoundActors has a tool do what its caller may and it may not.
func TestBoundActors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine string) {
		n := apptest.Start(t, engine, apptest.Options{Args: []string{world.Trusting}, Idle: true})
		s := workshop(t, world.New(n, nil), "moderator")
		private := s.Channel(t, s.Owner, s.IDs["workspace"], "PRIVATE")
		s.Send(t, s.Owner, private, "a secret")
		in := apptest.Vars{
			"workspaceId": s.IDs["workspace"], "name": "narrow", "number": "1.0.0", "description": "Reads.", "replay": "READ_ONLY", "permissions": []string{"chat:read"},
			"uses": []string{"karnak_read_channel"}, "inputSchema": apptest.Vars{"type": "object"}, "source": `function run(i) { return karnak.call("karnak_read_channel", {channelId: i.id}) }`,
		}
		a := s.Run(t, s.Owner, "registerToolVersion", "toolVersion { id hash }", in)
		s.Run(t, s.Owner, "approveToolChange", "toolVersion { id }", apptest.Vars{
			"toolVersionId": a.Text("registerToolVersion.toolVersion.id"), "hash": a.Text("registerToolVersion.toolVersion.hash"), "approve": true,
		})
		for tool, want := range map[string]string{"karnak_read_channel": "SUCCEEDED", "narrow": "FAILED"} {
			arguments := apptest.Vars{"channelId": private}
			if tool == "narrow" {
				arguments = apptest.Vars{"id": private}
			}
			a := s.Run(t, s.reader, "invokeTool", "invocation { id }", apptest.Vars{"workspaceId": s.IDs["workspace"], "tool": tool, "arguments": arguments})
			if err := n.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := s.Must(t, s.reader.Token, `query($i: ID!) { node(id: $i) { ... on ToolInvocation { state output error { message } } } }`, apptest.Vars{"i": a.Text("invokeTool.invocation.id")})
			if got.Text("node.state") != want {
				t.Errorf("%s: %s", tool, got.Body)
			}
		}
	})
}
