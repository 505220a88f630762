package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const base = `
"Size." directive @listSize("Names." slicingArguments: [String!] "Guess." assumedSize: Int) on FIELD_DEFINITION
"Events." directive @emits("Names." events: [String!]!) on FIELD_DEFINITION
"End." directive @sunset("Day." on: String!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"Position." scalar Cursor
"Reads." type Query {
  "Things." things("Size." first: Int "From." after: Cursor): ThingConnection! @listSize(slicingArguments: ["first"], assumedSize: 25)
  "Few." few("Way." order: Order! = UP "Word." word: String! "Old." limit: Int): [Thing!]! @listSize(assumedSize: 5)
}
"Writes." type Mutation {
  "Makes a thing." makeThing("What." input: MakeThingInput!): MakeThingPayload! @emits(events: ["thing.made", "thing.part.put_in"])
}
"A thing." type Thing implements Named { "Its name." name: String! "Its note." note: String "Words." words: [String!]! }
"Named." interface Named { "Its name." name: String! }
"A page." type ThingConnection { "E." edges: [ThingEdge!]! "N." nodes: [Thing!]! "P." pageInfo: PageInfo! "T." totalCount: Int! }
"An entry." type ThingEdge { "C." cursor: Cursor! "N." node: Thing! }
"Where." type PageInfo { "More." hasNextPage: Boolean! }
"Input." input MakeThingInput { "Echo." clientMutationId: String "Name." name: String! "Note." note: String = "none" }
"Result." type MakeThingPayload { "It." thing: Thing "Faults." userErrors: [UserError!]! "Echo." clientMutationId: String "At." cursor: Cursor }
"Fault." type UserError { "Text." message: String! }
"Way." enum Order { "Up." UP "Down." DOWN }
"Either." union Either = Thing | UserError
`

func parse(t *testing.T, text string) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "s.graphqls", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edit is the base schema with one place changed.
func edit(t *testing.T, old, now string) string {
	t.Helper()
	if strings.Count(base, old) != 1 {
		t.Fatalf("%q is in the base %d times", old, strings.Count(base, old))
	}
	return strings.Replace(base, old, now, 1)
}

func texts(found []finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.String())
	}
	return out
}

func TestLintFindsNothingInAGoodSchema(t *testing.T) {
	t.Parallel()
	if found := lint(parse(t, base)); len(found) != 0 {
		t.Error(found)
	}
}

func TestLintFindsEachFault(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, old, now, says string }{
		{"type", `"A thing." type`, `type`, "Thing has no description"},
		{"blank description", `"A thing." type`, `"  " type`, "Thing has no description"},
		{"field", `"Its note." note`, `note`, "Thing.note has no description"},
		{"argument", `"Word." word`, `word`, "Query.few(word:) has no description"},
		{"input field", `"Note." note`, `note`, "MakeThingInput.note has no description"},
		{"enum value", `"Down." DOWN`, `DOWN`, "Order.DOWN has no description"},
		{"directive", `"Events." directive`, `directive`, "@emits has no description"},
		{"directive argument", `"Day." on:`, `on:`, "@sunset(on:) has no description"},
		{"scalar", `"Position." scalar`, `scalar`, "Cursor has no description"},
		{"union", `"Either." union`, `union`, "Either has no description"},
		{"interface", `"Named." interface`, `interface`, "Named has no description"},
		{"mutation with two arguments", `input: MakeThingInput!)`, `input: MakeThingInput! "More." more: Int)`, "exactly input: MakeThingInput!"},
		{"mutation with a nullable input", `input: MakeThingInput!)`, `input: MakeThingInput)`, "exactly input: MakeThingInput!"},
		{"mutation of another payload", `): MakeThingPayload!`, `): Thing!`, "does not return MakeThingPayload!"},
		{"mutation of a nullable payload", `): MakeThingPayload!`, `): MakeThingPayload`, "does not return MakeThingPayload!"},
		{"payload without userErrors", `"Faults." userErrors: [UserError!]! "Echo."`, `"Echo."`, "MakeThingPayload has no userErrors: [UserError!]!"},
		{"payload without clientMutationId", `"Echo." clientMutationId: String "At."`, `"At."`, "MakeThingPayload has no clientMutationId: String"},
		{"payload without cursor", `"At." cursor: Cursor }`, `}`, "MakeThingPayload has no cursor: Cursor"},
		{"input without clientMutationId", `"Echo." clientMutationId: String "Name."`, `"Name."`, "MakeThingInput has no clientMutationId"},
		{"mutation without events", ` @emits(events: ["thing.made", "thing.part.put_in"])`, ``, "has no @emits"},
		{"mutation with an empty list of events", `["thing.made", "thing.part.put_in"]`, `[]`, "names no event"},
		{"event ill written", `"thing.made"`, `"thingMade"`, `"thingMade" is not written`},
		{"list without bound", `: [Thing!]! @listSize(assumedSize: 5)`, `: [Thing!]!`, "Query.few is a list of objects without a bound"},
		{"connection without after", ` "From." after: Cursor`, ``, "no argument after: Cursor"},
		{"connection without size", ` @listSize(slicingArguments: ["first"], assumedSize: 25)`, ``, "without @listSize"},
		{"size by a foreign argument", `slicingArguments: ["first"]`, `slicingArguments: ["last"]`, "names last, which is no argument"},
		{"connection without edges", `"E." edges: [ThingEdge!]! `, ``, "ThingConnection has no edges: [ThingEdge!]!"},
		{"connection without pageInfo", ` "P." pageInfo: PageInfo!`, ``, "ThingConnection has no pageInfo"},
		{"total of another type", `totalCount: Int!`, `totalCount: String!`, "totalCount is not Int!"},
		{"edge without cursor", `"C." cursor: Cursor! `, ``, "ThingEdge does not hold cursor and node"},
		{"type in lower case", `union Either`, `union either`, "either is not written in PascalCase"},
		{"field with underscore", `"Its note." note`, `"Its note." the_note`, "Thing.the_note is not written in camelCase"},
		{"argument in upper case", `"Word." word`, `"Word." Word`, "Query.few(Word:) is not written in camelCase"},
		{"enum value in lower case", `"Down." DOWN`, `"Down." down`, "Order.down is not written in UPPER_CASE"},
		{"output named as input", `union Either`, `union EitherInput`, "input types, and they alone"},
		{"deprecated without sunset", `note: String "Words."`, `note: String @deprecated(reason: "x") "Words."`, "without @sunset"},
		{"deprecated without reason", `note: String "Words."`, `note: String @deprecated @sunset(on: "2027-01-31") "Words."`, "without a reason"},
		{"sunset without deprecated", `"Down." DOWN`, `"Down." DOWN @sunset(on: "2027-01-31")`, "is not @deprecated"},
		{"sunset on no day", `"Old." limit: Int`, `"Old." limit: Int @deprecated(reason: "x") @sunset(on: "soon")`, "not a date"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := texts(lint(parse(t, edit(t, c.old, c.now))))
			if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, c.says) && strings.HasPrefix(s, "s.graphqls:") }) {
				t.Errorf("%q was not found: %q", c.says, found)
			}
		})
	}
}

func TestLintAcceptsAMutationWithoutEventsThatSaysWhy(t *testing.T) {
	t.Parallel()
	text := strings.Replace(edit(t, ` @emits(events: ["thing.made", "thing.part.put_in"])`, ``), `"At." cursor`, `"Null: things have no log." cursor`, 1)
	if found := lint(parse(t, text)); len(found) != 0 {
		t.Error(found)
	}
}

func TestBreaking(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, old, now, says string }{
		{"type removed", `"Either." union Either = Thing | UserError`, ``, "Either: the type was removed"},
		{"kind changed", `union Either = Thing | UserError`, `scalar Either`, "Either: the type was UNION and is SCALAR"},
		{"field removed", `"Its note." note: String `, ``, "Thing.note: the field was removed"},
		{"field retyped", `note: String "Words."`, `note: Int "Words."`, "Thing.note: the field was String and is Int"},
		{"field made a list", `note: String "Words."`, `note: [String] "Words."`, "was String and is [String]"},
		{"field made nullable", `"T." totalCount: Int!`, `"T." totalCount: Int`, "was Int! and is Int"},
		{"items made nullable", `words: [String!]!`, `words: [String]!`, "was [String!]! and is [String]!"},
		{"argument removed", ` "Old." limit: Int`, ``, "Query.few(limit:): the argument was removed"},
		{"argument retyped", `limit: Int)`, `limit: String)`, "was Int and is String"},
		{"argument made required", `limit: Int)`, `limit: Int!)`, "was Int and is Int!"},
		{"default of an argument changed", `Order! = UP`, `Order! = DOWN`, "the default was UP and is DOWN"},
		{"default of an argument dropped", `Order! = UP`, `Order!`, "the default was UP and is none"},
		{"required argument added", `limit: Int)`, `limit: Int "New." more: Int!)`, "Query.few(more:): a required argument was added"},
		{"input field removed", ` "Note." note: String = "none"`, ``, "MakeThingInput.note: the input field was removed"},
		{"input field made required", `"Echo." clientMutationId: String "Name."`, `"Echo." clientMutationId: String! "Name."`, "was String and is String!"},
		{"required input field added", `"Name." name: String! "Note."`, `"Name." name: String! "New." more: Int! "Note."`, "MakeThingInput.more: a required input field was added"},
		{"enum value removed", ` "Down." DOWN`, ``, "Order.DOWN: the enum value was removed"},
		{"union member removed", `Thing | UserError`, `Thing`, "Either: the union lost its member UserError"},
		{"interface removed", `Thing implements Named`, `Thing`, "Thing: the type no longer implements Named"},
		{"directive location removed", ` | ENUM_VALUE`, ``, "@sunset: the directive may no longer stand on ENUM_VALUE"},
		{"directive argument added", `"Day." on: String!`, `"Day." on: String! "Why." why: String!`, "@sunset(why:): a required argument was added"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := texts(breaking(parse(t, base), parse(t, edit(t, c.old, c.now)), time.Time{}))
			if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, c.says) }) {
				t.Errorf("%q was not found: %q", c.says, found)
			}
		})
	}
}

func TestNotBreaking(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, old, now string }{
		{"nothing", `"Down." DOWN`, `"Down." DOWN`},
		{"another description", `"Down." DOWN`, `"Downwards." DOWN`},
		{"field added", `"Its note." note`, `"New." more: Int "Its note." note`},
		{"field made non-null", `note: String "Words."`, `note: String! "Words."`},
		{"argument added", `limit: Int)`, `limit: Int "New." more: Int)`},
		{"argument with a default added", `limit: Int)`, `limit: Int "New." more: Int! = 1)`},
		{"argument made optional", `"Word." word: String!`, `"Word." word: String`},
		{"input field added", `"Name." name: String! "Note."`, `"Name." name: String! "New." more: Int "Note."`},
		{"enum value added", `"Down." DOWN`, `"Down." DOWN "Flat." FLAT`},
		{"union member added", `Thing | UserError`, `Thing | UserError | PageInfo`},
		{"type added", `"Either." union`, `"New." scalar New "Either." union`},
	}
	for _, c := range cases {
		if found := breaking(parse(t, base), parse(t, edit(t, c.old, c.now)), time.Time{}); len(found) != 0 {
			t.Errorf("%s: %v", c.name, found)
		}
	}
	if found := breaking(nil, parse(t, base), time.Time{}); found != nil {
		t.Errorf("without an old contract: %v", found)
	}
}

func TestSunset(t *testing.T) {
	t.Parallel()
	announced := parse(t, edit(t, `note: String "Words."`, `note: String @deprecated(reason: "x") @sunset(on: "2027-01-31") "Words."`))
	now := parse(t, edit(t, `"Its note." note: String `, ``))
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	if found := breaking(announced, now, day); len(found) != 0 {
		t.Errorf("on the day: %v", found)
	}
	found := texts(breaking(announced, now, day.Add(-time.Second)))
	if len(found) != 1 || !strings.Contains(found[0], "before its @sunset on 2027-01-31") {
		t.Errorf("a second before: %v", found)
	}
}

// The printed contract is the same whatever file a field stands in, and reads back as the same contract.
func TestRenderIsStable(t *testing.T) {
	t.Parallel()
	one := render(parse(t, base+`extend type Query { "B." b: Int "A." a: Int }`))
	other := render(parse(t, `"Reads." type Query { "A." a: Int }`+strings.Replace(base, `"Reads." type`, `extend type`, 1)+`extend type Query { "B." b: Int }`))
	if one != other {
		t.Errorf("two orders:\n%s\n%s", one, other)
	}
	if again := render(parse(t, one)); again != one {
		t.Errorf("printed twice:\n%s", again)
	}
	for _, want := range []string{`note: String = "none"`, `@emits(events: ["thing.made","thing.part.put_in"])`, "interface Named"} {
		if !strings.Contains(one, want) {
			t.Errorf("lost: %s in\n%s", want, one)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "s.graphqls"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	published := filepath.Join(dir, "published", "schema.graphql")
	removed := edit(t, ` "Down." DOWN`, ``)
	added := edit(t, `"Down." DOWN`, `"Down." DOWN "Flat." FLAT`)
	steps := []struct {
		name, text string
		args       []string
		code       int
		says       string
	}{
		{"lint", base, []string{"lint"}, 0, ""},
		{"check before anything is published", base, []string{"check"}, 1, "no published contract"},
		{"print", base, []string{"print"}, 0, ""},
		{"check", base, []string{"check"}, 0, ""},
		{"check, not fresh", added, []string{"check"}, 1, "not fresh"},
		{"check, broken", removed, []string{"check"}, 1, "Order.DOWN"},
		{"print refuses a break", removed, []string{"print"}, 1, "not written"},
		{"still as published", base, []string{"check"}, 0, ""},
		{"print of a meant break", removed, []string{"print", "-break"}, 0, ""},
		{"check after it", removed, []string{"check"}, 0, ""},
		{"lint of a fault", edit(t, `"A thing." type`, `type`), []string{"lint"}, 1, "1 findings"},
		{"not a schema", "type Query {", []string{"lint"}, 2, "s.graphqls"},
		{"no command", base, nil, 2, "usage"},
		{"unknown command", base, []string{"paint"}, 2, "usage"},
		{"unknown flag", base, []string{"lint", "-x"}, 2, "-x"},
	}
	for _, s := range steps {
		put(s.text)
		var out, errOut bytes.Buffer
		args := s.args
		if len(args) > 0 {
			args = append(slices.Clone(args), "-dir", dir)
		}
		if code := run(args, time.Time{}, &out, &errOut); code != s.code || !strings.Contains(errOut.String(), s.says) {
			t.Errorf("%s: exit %d, want %d: %s", s.name, code, s.code, errOut.String())
		}
	}
	if err := os.WriteFile(published, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run([]string{"check", "-dir", dir}, time.Time{}, &bytes.Buffer{}, &bytes.Buffer{}); code != 2 {
		t.Errorf("a published file that is no schema: exit %d", code)
	}
	if code := run([]string{"lint", "-dir", t.TempDir()}, time.Time{}, &bytes.Buffer{}, &bytes.Buffer{}); code != 2 {
		t.Errorf("an empty directory: exit %d", code)
	}
}
