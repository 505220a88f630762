package matrix_test

import (
	"flag"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/sync/errgroup"

	"karnak/authz"
	"karnak/ent"
	entuser "karnak/ent/entgen/user"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
	"karnak/schema"
	"karnak/test/world"
)

// stage is a node with three tenants that have one of everything, and everybody who asks.
type stage struct {
	*world.World // of nobody's tenant
	a, b, c      *world.World
	// missing has ids of the names in the tenants that are nobody's.
	missing    map[string]string
	principals []principal
	schema     world.Contract
	inputs     world.Inputs
	rows       []world.Row
	policy     map[string]string
	// owners has the tenant of each id.
	owners map[string]*world.World
	// gated are the fields that some members are refused: an error of theirs would hide what is beside them.
	gated map[string]bool
	lines map[string]*line
}

// principal is a kind of caller: somebody, where they belong, and a tenant they do not belong to.
type principal struct {
	name         string
	who          world.Person
	own, foreign *world.World
	// belongs are the tenants whose texts and ids may be shown.
	belongs []*world.World
	// shut says that the token is refused, super that nothing is foreign.
	shut, super bool
}

// tokenLife is how long access tokens are good in world.Options.
const tokenLife = 24 * time.Hour

func open(t *testing.T, n *apptest.Node, c *clock.Manual) *stage {
	t.Helper()
	s := &stage{World: world.New(n, c), missing: map[string]string{}, gated: map[string]bool{}, lines: map[string]*line{}}
	late := s.SignUp(t, "Late")
	c.Advance(tokenLife + time.Second)
	tenant := func(mark string) *world.World {
		w := s.Beside()
		w.Mark = mark
		w.Populate(t)
		return w
	}
	s.a, s.b, s.c = tenant("qamberq"), tenant("qberylq"), tenant("qcoralq")
	for name, x := range s.a.IDs {
		s.missing[name] = "acme-none"
		if anID.MatchString(x) {
			s.missing[name] = id.New(id.PrefixOf(x))
		}
	}
	s.settle(t, late)
	s.schema, s.inputs = world.Introspect(t, n), world.IntrospectInputs(t, n)
	s.rows = world.ReadTable(t, "../authz/testdata/access.txt")
	s.gate(t)
	s.policy = readPolicy(t)
	for _, p := range s.principals {
		if !p.shut && s.lines[p.name] == nil {
			s.lines[p.name] = &line{Socket: world.Dial(t, n, p.who.Token)}
		}
	}
	s.own(t)
	return s
}

// settle makes the principals.
func (s *stage) settle(t *testing.T, late world.Person) {
	t.Helper()
	suspended, left, both := s.SignUp(t, "Suspended"), s.SignUp(t, "Left"), s.SignUp(t, "Both")
	ws := s.a.IDs["workspace"]
	for _, p := range []world.Person{late, suspended, left, both} {
		s.Join(t, s.a.Owner, renewed(t, s, p, late), ws, "admin")
	}
	s.Join(t, s.b.Owner, both, s.b.IDs["workspace"], "admin")
	s.lines["former member"] = &line{Socket: world.Dial(t, s.Node, left.Token)} // goes on after they have left
	s.Run(t, left, "leaveWorkspace", "workspaceId", apptest.Vars{"workspaceId": ws})
	s.Write(t, func(tx *ent.Tx) error {
		return tx.User.Update().Where(entuser.ID(suspended.ID)).SetSuspendedAt(s.Now()).Exec(authz.System(t.Context(), "test"))
	})
	s.Clock.Advance(5 * time.Second) // what is remembered of the session is forgotten
	in := []*world.World{s.a}
	s.principals = []principal{
		{name: "anonymous", foreign: s.a},
		{name: "expired token", who: late, foreign: s.a, shut: true},
		{name: "suspended", who: suspended, foreign: s.a, shut: true},
		{name: "former member", who: left, foreign: s.a},
	}
	for _, role := range []string{world.User, world.Pro, world.Moderator, world.Admin} {
		s.principals = append(s.principals, principal{name: role, who: s.a.People[role], own: s.a, foreign: s.b, belongs: in})
	}
	s.principals = append(s.principals,
		principal{name: "owner", who: s.a.Owner, own: s.a, foreign: s.b, belongs: in},
		principal{name: "superAdmin", who: s.a.People[world.SuperAdmin], own: s.a, foreign: s.b, super: true},
		principal{name: "foreign admin", who: s.b.Owner, own: s.b, foreign: s.a, belongs: []*world.World{s.b}},
		principal{name: "member of both", who: both, own: s.a, foreign: s.c, belongs: []*world.World{s.a, s.b}})
}

// renewed gives somebody whose token has ended another one, to be used here alone.
func renewed(t *testing.T, s *stage, p, late world.Person) world.Person {
	t.Helper()
	if p.ID == late.ID {
		return s.SignIn(t, p)
	}
	return p
}

var anID = regexp.MustCompile(`[a-z]+_[0-9a-z]{26}`)

// gate reads from the contract which fields of objects need a permission.
func (s *stage) gate(t *testing.T) {
	t.Helper()
	sdl, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schema.Published})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.rows {
		if on := sdl.Types[r.On]; r.Want[world.User] == "FORBIDDEN" && on != nil && on.Fields.ForName(r.Field) != nil {
			s.gated[r.Name] = on.Fields.ForName(r.Field).Directives.ForName("authorized") != nil
		}
	}
}

// each does something as every principal, several at a time.
func (s *stage) each(do func(p principal)) {
	var all errgroup.Group
	all.SetLimit(4)
	for _, p := range s.principals {
		all.Go(func() error { do(p); return nil })
	}
	_ = all.Wait()
}

// enough reports whether to stop, a failure having been found under -failfast.
func enough(t *testing.T) bool {
	t.Helper()
	f := flag.Lookup("test.failfast")
	return t.Failed() && f != nil && f.Value.String() == "true"
}

// maker is who makes and does things in a tenant, an admin but not its owner.
func maker(w *world.World, m string) world.Person { return w.People[entitled(m)] }

// entitled is who may make a mutation.
func entitled(m string) string {
	if m == "terminateConnection" {
		return world.SuperAdmin
	}
	return world.Admin
}

// tenants are the three.
func (s *stage) tenants() []*world.World { return []*world.World{s.a, s.b, s.c} }

// own reads whose each id is. Users belong to the tenant that all of their memberships are of.
func (s *stage) own(t *testing.T) {
	t.Helper()
	s.owners = map[string]*world.World{}
	for _, w := range s.tenants() {
		for table, columns := range s.Tables(t) {
			if column := world.TenantColumn(table, columns); column != "" {
				for _, x := range s.Strings(t, fmt.Sprintf("SELECT id FROM %s WHERE %s = '%s'", table, column, w.IDs["workspace"])) {
					s.owners[x] = w
				}
			}
		}
		for _, x := range s.Strings(t, "SELECT id FROM users WHERE email LIKE '%"+w.Mark+"%'") {
			s.owners[x] = w
		}
	}
}
