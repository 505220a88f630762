package playground

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	names, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(names) == 0 {
		t.Fatalf("no schema files: %v", err)
	}
	var sources []*ast.Source
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(data)})
	}
	loaded, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestTabsAreValid(t *testing.T) {
	t.Parallel()
	loaded := schema(t)
	tabs, err := readTabs(files)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Welcome", "Workspaces", "Messages", "SendMessage", "ChannelEvents", "Presence", "Activity", "ExplainAccess",
		"NewConversation", "Ask", "Answer", "InvokeTool", "ToolRun"}
	if len(tabs) != len(want) {
		t.Fatalf("%d tabs, want %d", len(tabs), len(want))
	}
	for i, one := range tabs {
		t.Run(want[i], func(t *testing.T) {
			t.Parallel()
			document, faults := gqlparser.LoadQueryWithRules(loaded, one.Query, rules.NewDefaultRules())
			if faults != nil {
				t.Fatalf("not valid: %v", faults)
			}
			if len(document.Operations) != 1 || document.Operations[0].Name != want[i] {
				t.Fatalf("the tab has to hold the one operation %s", want[i])
			}
			variables := map[string]any{}
			if one.Variables != "" {
				if err := json.Unmarshal([]byte(one.Variables), &variables); err != nil {
					t.Fatal(err)
				}
			}
			operation := document.Operations[0]
			if _, err := validator.VariableValues(loaded, operation, variables); err != nil {
				t.Errorf("variables: %v", err)
			}
			for name := range variables {
				if operation.VariableDefinitions.ForName(name) == nil {
					t.Errorf("variable %s is not declared", name)
				}
			}
		})
	}
}

// The page fills these ids by name; a tab that needs another could not simply be played.
func TestTabsNeedNoIDByHand(t *testing.T) {
	t.Parallel()
	filled := map[string]bool{"workspaceId": true, "channelId": true, "subjectId": true, "objectId": true, "conversationId": true, "generationId": true, "toolInvocationId": true}
	tabs, err := readTabs(files)
	if err != nil {
		t.Fatal(err)
	}
	loaded := schema(t)
	for _, one := range tabs {
		document, faults := gqlparser.LoadQueryWithRules(loaded, one.Query, rules.NewDefaultRules())
		if faults != nil {
			t.Fatal(faults)
		}
		for _, definition := range document.Operations[0].VariableDefinitions {
			if definition.Type.Name() == "ID" && !filled[definition.Variable] {
				t.Errorf("%s: nothing fills $%s", document.Operations[0].Name, definition.Variable)
			}
		}
	}
}

// The page resumes a subscription only if its event's cursor is selected and `after` is a variable.
func TestSubscriptionCanBeResumed(t *testing.T) {
	t.Parallel()
	tabs, err := readTabs(files)
	if err != nil {
		t.Fatal(err)
	}
	loaded := schema(t)
	seen := 0
	for _, one := range tabs {
		document, faults := gqlparser.LoadQueryWithRules(loaded, one.Query, rules.NewDefaultRules())
		if faults != nil {
			t.Fatal(faults)
		}
		operation := document.Operations[0]
		if operation.Operation != ast.Subscription {
			continue
		}
		field, ok := operation.SelectionSet[0].(*ast.Field)
		if !ok {
			t.Fatalf("%s does not begin with a field", operation.Name)
		}
		if field.Definition.Arguments.ForName("after") == nil {
			continue // it begins anew
		}
		seen++
		if after := field.Arguments.ForName("after"); after == nil || after.Value.Kind != ast.Variable {
			t.Errorf("%s: after is no variable", operation.Name)
		}
		cursor := false
		for _, selection := range field.SelectionSet {
			inner, ok := selection.(*ast.Field)
			cursor = cursor || ok && inner.Alias == "cursor"
		}
		if !cursor {
			t.Errorf("%s does not select cursor", operation.Name)
		}
	}
	if seen == 0 {
		t.Error("no tab subscribes")
	}
}

// What the page asks by itself has to fit the schema as well.
func TestOwnOperationsAreValid(t *testing.T) {
	t.Parallel()
	loaded := schema(t)
	found := 0
	for _, name := range []string{"session.js", "places.js", "operation.js"} {
		source, err := os.ReadFile(filepath.Join("../../tools/playground/src", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range operationsIn(string(source)) {
			found++
			if _, faults := gqlparser.LoadQueryWithRules(loaded, document, rules.NewDefaultRules()); faults != nil {
				t.Errorf("%s: %v in %s", name, faults, document)
			}
		}
	}
	if found != 8 {
		t.Errorf("%d operations found in the page's source, want 8", found)
	}
}
