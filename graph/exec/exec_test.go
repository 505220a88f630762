package exec_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/exec"
)

func fields(aliases ...string) []graphql.CollectedField {
	out := make([]graphql.CollectedField, len(aliases))
	for i, a := range aliases {
		out[i].Field = &ast.Field{Alias: a, Name: a}
	}
	return out
}

func TestObject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fields  []string
		fill    func(o *exec.Object)
		want    string
		invalid bool
	}{
		{nil, func(*exec.Object) {}, `{}`, false},
		{[]string{"a", "b"}, func(o *exec.Object) {
			o.Required(0, graphql.MarshalString("x\"y"))
			o.Nullable(1, graphql.Null)
		}, `{"a":"x\"y","b":null}`, false},
		{[]string{"a"}, func(o *exec.Object) { o.Required(0, graphql.Null) }, `{"a":null}`, true},
		{[]string{"a"}, func(o *exec.Object) { o.Nullable(0, graphql.RequiredNull) }, `{"a":null}`, true},
	} {
		o := exec.NewObject(fields(tt.fields...))
		tt.fill(o)
		var buffered bytes.Buffer
		o.MarshalGQL(&buffered)
		plain := &bytes.Buffer{}
		o.MarshalGQL(struct{ io.Writer }{plain})
		if buffered.String() != tt.want || plain.String() != tt.want || o.Invalid != tt.invalid {
			t.Errorf("%v: %s, %s, invalid %v: want %s", tt.fields, &buffered, plain, o.Invalid, tt.want)
		}
	}
}

func TestListIsInOrderAndKnowsItsPlaces(t *testing.T) {
	t.Parallel()
	ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{Field: fields("list")[0]})
	var paths []string
	out := exec.List(ctx, 3, func(ctx context.Context, i int) graphql.Marshaler {
		paths = append(paths, graphql.GetPath(ctx).String())
		return graphql.MarshalInt(i)
	})
	var b bytes.Buffer
	out.MarshalGQL(&b)
	if b.String() != "[0,1,2]" || len(paths) != 3 || paths[0] != "list[0]" || paths[2] != "list[2]" {
		t.Errorf("%s: %q", &b, paths)
	}
	if empty := exec.List(ctx, 0, nil); empty == nil {
		t.Error("an empty list is null")
	}
}

func TestAPanicTakesItsListOnly(t *testing.T) {
	t.Parallel()
	ctx := graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, func(context.Context, any) error { return gqlerror.Errorf("recovered") })
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: fields("list")[0]})
	out := exec.List(ctx, 3, func(_ context.Context, i int) graphql.Marshaler {
		if i == 1 {
			panic("broken")
		}
		return graphql.MarshalInt(i)
	})
	errs := graphql.GetErrors(ctx)
	if out != nil || len(errs) != 1 || errs[0].Path.String() != "list[1]" {
		t.Errorf("%v, %v", out, errs)
	}
}

func TestDeferred(t *testing.T) {
	t.Parallel()
	plain, later := fields("a", "b"), fields("a", "b")
	later[1].Deferrables = []*graphql.Deferrable{{Label: "x"}}
	if exec.Deferred(plain) || !exec.Deferred(later) {
		t.Error("deferred fields are mistaken")
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fields []string
		want   string
		errs   int
	}{
		{nil, `{}`, 0},
		{[]string{"text"}, `{"text":"x"}`, 0},
		{[]string{"text", "null", "text2"}, `{"text":"x","null":null,"text2":"x"}`, 0},
		{[]string{"text", "broken"}, `{"text":"x","broken":null}`, 1},
		{[]string{"text", "never"}, `null`, 0},
	} {
		ctx := graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, func(context.Context, any) error { return gqlerror.Errorf("recovered") })
		out := exec.Root(ctx, fields(tt.fields...), func(_ context.Context, f graphql.CollectedField) (v, never graphql.Marshaler) {
			switch f.Name {
			case "broken":
				panic("broken")
			case "null":
				return graphql.Null, graphql.RequiredNull
			case "never":
				return graphql.Null, graphql.Null
			}
			return graphql.MarshalString("x"), graphql.Null
		})
		if got := string(exec.Encode(out)); got != tt.want || len(graphql.GetErrors(ctx)) != tt.errs {
			t.Errorf("%v: %s with %v, want %s", tt.fields, got, graphql.GetErrors(ctx), tt.want)
		}
	}
}

// TestAnswersDoNotShareBuffers keeps an answer while others are encoded.
func TestAnswersDoNotShareBuffers(t *testing.T) {
	t.Parallel()
	first := exec.Encode(graphql.MarshalString("first"))
	for range 10 {
		exec.Encode(graphql.MarshalString("other"))
	}
	if string(first) != `"first"` {
		t.Errorf("an answer became %s", first)
	}
}
