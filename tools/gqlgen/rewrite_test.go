package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	head   = "package gen\n\nimport \"strconv\"\n\nvar _ = strconv.Quote\n\n"
	object = `func (ec *executionContext) _Thing(ctx context.Context, sel ast.SelectionSet, obj *Thing) graphql.Marshaler {
	fields := graphql.CollectFields(ec.OperationContext, sel, thingImplementors)
	for i, field := range fields {
		switch field.Name {
		case "__typename":
			out.Values[i] = graphql.MarshalString("Thing")
		case "name":
			out.Values[i] = ec._Thing_name(ctx, field, obj)
			if out.Values[i] == graphql.Null {
				atomic.AddUint32(&out.Invalids, 1)
			}
		case "cursor":
			if field.IsDeferred() {
				out.Values[i] = graphql.Null
				continue
			}
			out.Concurrently(i, func(ctx context.Context) graphql.Marshaler { return ec._Thing_cursor(ctx, field, obj) })
		}
	}
	return out
}
`
	list = `func (ec *executionContext) many(ctx context.Context, v []*Thing) graphql.Marshaler {
	ret := graphql.MarshalSliceConcurrently(ctx, len(v), 0, false, func(ctx context.Context, i int) graphql.Marshaler { return nil })
	return ret
}
`
	parts = `func (e *executableSchema) Exec(ctx context.Context) {
	inputUnmarshalMap := graphql.BuildUnmarshalerMap(ec.unmarshalInputThing)
	return func(ctx context.Context) *graphql.Response {
		ctx = graphql.WithUnmarshalerMap(ctx, inputUnmarshalMap)
		result := <-ec.DeferredResults
		_ = result
		var buf bytes.Buffer
		data.MarshalGQL(&buf)
		return &graphql.Response{Data: buf.Bytes()}
	}
}
`
	root = `func (ec *executionContext) _Query(ctx context.Context, sel ast.SelectionSet) graphql.Marshaler {
	fields := graphql.CollectFields(ec.OperationContext, sel, queryImplementors)
	for i, field := range fields {
		switch field.Name {
		case "__typename":
			out.Values[i] = graphql.MarshalString("Query")
		case "thing":
			innerFunc := func(ctx context.Context, fs *graphql.FieldSet) (res graphql.Marshaler) {
				res = ec._Query_thing(ctx, field)
				if res == graphql.RequiredNull {
					atomic.AddUint32(&fs.Invalids, 1)
				}
				return res
			}
			_ = innerFunc
		}
	}
	return out
}
`
	leaf = `func (ec *executionContext) _Thing_name(ctx context.Context, field graphql.CollectedField, obj *Thing) graphql.Marshaler {
	return graphql.ResolveField(ctx, ec.OperationContext, field, nil, func(ctx context.Context) (any, error) { return obj.Name, nil }, nil,
		func(ctx context.Context, selections ast.SelectionSet, v string) graphql.Marshaler { return ec.marshalString(ctx, selections, v) }, true, true)
}
func (ec *executionContext) fieldContext_Thing_name(ctx context.Context) (any, error) {
	return graphql.NewScalarFieldContext("Thing")
}
`
)

func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text, fails string
		want              []string
	}{
		{"all", object + list + leaf + parts + root, "", []string{
			`out.Required(i, ec._Thing_name(ctx, field, obj))`, `return ec.deferred_Thing(ctx, sel, obj)`, `func (ec *executionContext) deferred_Thing(`,
			"if field.Name == \"cursor\" {\n\t\t\tout.Nullable(i, ec._Thing_cursor(ctx, field, obj))", `exec.List(ctx, len(v), func(`,
			`return ec.marshalString(ctx, field.Selections, obj.Name)`, `return exec.Given(fields, out.Values)`, "\t\t\tout.Values[i] = nil\n",
			`result, ok := exec.Part(ctx, ec.DeferredResults)`, `&graphql.Response{Data: exec.Encode(data)}`, `return ec.deferred_Query(ctx, sel)`,
			`return ec._Query_thing(ctx, field), graphql.RequiredNull`, `return graphql.MarshalString("Query"), graphql.Null`,
		}},
		{"no parts", object + list + leaf + root, "another code", nil},
		{"no root", object + list + leaf + parts, "another code", nil},
		{"no lists", object + leaf + parts + root, "another code", nil},
		{"no objects", list + leaf + parts + root, "another code", nil},
		{"no plain fields", object + list + parts + root, "another code", nil},
		{"a field in another way", strings.ReplaceAll(object, "ec._Thing_name(ctx, field, obj)", "other(obj)") + list + leaf + parts + root, "_Thing", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "x.go")
			if err := os.WriteFile(file, []byte(head+tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := rewrite(filepath.Dir(file))
			got, _ := os.ReadFile(file)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || string(got) != head+tt.text {
					t.Errorf("%v\n%s", err, got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(got), "nmarshalerMap") {
				t.Errorf("inputs are gathered in\n%s", got)
			}
			for _, w := range tt.want {
				if !strings.Contains(string(got), w) {
					t.Errorf("%q is missing in\n%s", w, got)
				}
			}
		})
	}
}
