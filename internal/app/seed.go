package app

import (
	"context"
	"math/rand/v2"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/user"
	"karnak/ent/enum"
	"karnak/graph/playground"
	"karnak/internal/core/eventlog"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/workspace"
)

// demoPassword is everybody's in the demo. Production refuses the demo.
const demoPassword = "karnak-demo"

// person is somebody of the demo; the first one owns the workspaces.
type person struct {
	name, email, role string
	super             bool
}

var people = []person{
	{"Ada Okafor", "ada@karnak.example", authz.RoleAdmin, false},
	{"Mo Lindqvist", "mo@karnak.example", authz.RoleModerator, false},
	{"Priya Raman", "priya@karnak.example", authz.RolePro, false},
	{"Tomás Herrera", "tomas@karnak.example", authz.RoleUser, false},
	{"Yuki Sato", "yuki@karnak.example", authz.RolePro, false},
	{"Nadia Haddad", "nadia@karnak.example", authz.RoleUser, false},
	{"Root", "root@karnak.example", authz.RoleUser, true},
}

// tenant is a workspace of the demo with its first so many people.
type tenant struct {
	name, slug string
	tier       enum.Tier
	people     int
	channels   []room
}

// room is a channel of the demo with so many messages.
type room struct {
	name       string
	topic      string
	visibility enum.Visibility
	messages   int
}

var tenants = []tenant{
	{"Ada's studio", "demo-studio", enum.Solopreneur, 1, []room{
		{"notes", "What not to forget", enum.Public, 60}, {"clients", "Who waits for what", enum.Private, 40}}},
	{"Obelisk", "demo-startup", enum.Startup, 6, []room{
		{"general", "Everything that concerns everybody", enum.Public, 1800}, {"engineering", "How it is built", enum.Public, 1200},
		{"support", "What users ask", enum.Public, 700}, {"leads", "Hiring and money", enum.Private, 250}}},
	{"Hypostyle Group", "demo-enterprise", enum.Enterprise, 5, []room{
		{"announcements", "Read this", enum.Public, 150}, {"platform", "The shared systems", enum.Public, 600},
		{"incidents", "What is on fire", enum.Private, 200}}},
}

// seed fills an empty database with the demo and returns its sign-ins. A database that has the demo is left as it is; one
// that has other users is not touched, and there are no sign-ins.
func (a *App) seed(ctx context.Context) ([]playground.DemoUser, error) {
	ctx = authz.System(ctx, "app: seed the demo")
	n, err := a.db.Client().User.Query().Count(ctx)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		there, err := a.db.Client().User.Query().Where(user.EmailKey(people[0].email)).Exist(ctx)
		if !there || err != nil {
			return nil, err
		}
		return signIns(), nil
	}
	// The same demo every time; nothing secret is drawn.
	dice := rand.New(rand.NewPCG(20, 26)) //nolint:gosec // not for secrets
	s := seeder{App: a, now: a.clock.Now(), dice: dice}
	return signIns(), s.run(ctx)
}

func signIns() []playground.DemoUser {
	out := make([]playground.DemoUser, len(people))
	for i, p := range people {
		out[i] = playground.DemoUser{Name: p.name, Email: p.email, Password: demoPassword, Role: p.role, Workspace: "demo-startup"}
		if p.super {
			out[i].Role, out[i].Workspace = authz.RoleSuperAdmin, "every workspace"
		}
	}
	return out
}

type seeder struct {
	*App
	now   time.Time
	dice  *rand.Rand
	users []*entgen.User
}

// span is how far back the demo's history goes.
const span = 60 * 24 * time.Hour

func (s *seeder) run(ctx context.Context) error {
	_, err := s.log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		seeds := make([]identity.Seed, len(people))
		for i, p := range people {
			seeds[i] = identity.Seed{Email: p.email, DisplayName: p.name, SuperAdmin: p.super, At: s.now.Add(-span)}
		}
		users, err := s.rooms.identity.SeedUsers(ctx, tx, demoPassword, seeds)
		if err != nil {
			return "", err
		}
		s.users = users
		for _, t := range tenants {
			if err := s.tenant(ctx, tx, t); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	return err
}

func (s *seeder) tenant(ctx context.Context, tx *eventlog.Tx, t tenant) error {
	members := make([]workspace.SeedMember, t.people)
	ids := make([]string, t.people)
	for i := range members {
		members[i] = workspace.SeedMember{UserID: s.users[i].ID, Role: people[i].role}
		ids[i] = s.users[i].ID
	}
	w, err := s.rooms.workspace.SeedWorkspace(ctx, tx, workspace.Seed{
		Name: t.name, Slug: t.slug, Tier: t.tier, Owner: ids[0], Members: members, At: s.now.Add(-span),
	})
	if err != nil {
		return err
	}
	for _, r := range t.channels {
		in := ids
		if r.visibility == enum.Private {
			in = ids[:min(2, len(ids))]
		}
		_, err := s.rooms.chat.SeedChannel(ctx, tx, chat.Seed{
			WorkspaceID: w.ID, Name: r.name, Topic: r.topic, Visibility: r.visibility, Members: in,
			Lines: s.lines(in, r), At: s.now.Add(-span).Add(time.Hour),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
