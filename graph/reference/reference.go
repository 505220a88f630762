// Package reference serves the published contract as a page: every type, field and argument with its description, its
// permission, its cost and its events.
package reference

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed page.gohtml
var source string

//go:embed style.css
var style []byte

// Handler serves the page at /docs and its style at /docs/style.css. The schema is SDL.
func Handler(sdl, version string) (http.Handler, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: sdl})
	if err != nil {
		return nil, err
	}
	page, err := template.New("page").Funcs(template.FuncMap{"prose": prose}).Parse(source)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, describe(schema, version)); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) { write(w, "text/html; charset=utf-8", b.Bytes()) })
	mux.HandleFunc("GET /docs/style.css", func(w http.ResponseWriter, _ *http.Request) { write(w, "text/css; charset=utf-8", style) })
	return mux, nil
}

func write(w http.ResponseWriter, media string, b []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(b)
}

type span struct {
	Text string
	Code bool
}

// prose splits a description at its backquotes: every second part is code.
func prose(text string) (out []span) {
	for i, part := range strings.Split(text, "`") {
		out = append(out, span{part, i%2 == 1})
	}
	return out
}

// reference is what the page shows.
type reference struct {
	Version  string
	Sections []section
}

type section struct {
	Title, Anchor string
	Types         []typ
}

type typ struct {
	Name, Description, Implements string
	Fields                        []field
	Values                        []field
	Members                       []string
}

type field struct {
	Name, Description, Type, Link, Default string
	Marks                                  []string
	Arguments                              []field
}

var sections = []struct {
	title string
	in    func(*ast.Definition) bool
}{
	{"Operations", func(d *ast.Definition) bool { return root(d) }},
	{"Objects", func(d *ast.Definition) bool { return d.Kind == ast.Object && !root(d) }},
	{"Interfaces", func(d *ast.Definition) bool { return d.Kind == ast.Interface }},
	{"Unions", func(d *ast.Definition) bool { return d.Kind == ast.Union }},
	{"Inputs", func(d *ast.Definition) bool { return d.Kind == ast.InputObject }},
	{"Enums", func(d *ast.Definition) bool { return d.Kind == ast.Enum }},
	{"Scalars", func(d *ast.Definition) bool { return d.Kind == ast.Scalar }},
}

func root(d *ast.Definition) bool {
	return d.Name == "Query" || d.Name == "Mutation" || d.Name == "Subscription"
}

func describe(s *ast.Schema, version string) reference {
	out := reference{Version: version}
	for _, k := range sections {
		x := section{Title: k.title, Anchor: strings.ToLower(k.title)}
		for _, d := range s.Types {
			if !strings.HasPrefix(d.Name, "__") && k.in(d) {
				x.Types = append(x.Types, describeType(d))
			}
		}
		if slices.SortFunc(x.Types, func(a, b typ) int { return strings.Compare(a.Name, b.Name) }); len(x.Types) > 0 {
			out.Sections = append(out.Sections, x)
		}
	}
	return out
}

func describeType(d *ast.Definition) typ {
	t := typ{Name: d.Name, Description: d.Description, Implements: strings.Join(d.Interfaces, ", "), Members: d.Types}
	for _, f := range d.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			t.Fields = append(t.Fields, describeField(f))
		}
	}
	for _, v := range d.EnumValues {
		t.Values = append(t.Values, field{Name: v.Name, Description: v.Description})
	}
	return t
}

func describeField(f *ast.FieldDefinition) field {
	out := field{Name: f.Name, Description: f.Description, Type: f.Type.String(), Link: f.Type.Name(), Marks: marks(f.Directives)}
	if f.DefaultValue != nil {
		out.Default = f.DefaultValue.String()
	}
	for _, a := range f.Arguments {
		arg := field{Name: a.Name, Description: a.Description, Type: a.Type.String(), Link: a.Type.Name()}
		if a.DefaultValue != nil {
			arg.Default = a.DefaultValue.String()
		}
		out.Arguments = append(out.Arguments, arg)
	}
	return out
}

// marks says what the directives of a field say.
func marks(list ast.DirectiveList) (out []string) {
	for _, d := range list {
		switch d.Name {
		case "authorized":
			if p := d.Arguments.ForName("permission"); p != nil {
				out = append(out, "needs "+p.Value.Raw)
			} else {
				out = append(out, "needs sign-in")
			}
		case "cost":
			out = append(out, "costs "+d.Arguments.ForName("weight").Value.Raw)
		case "emits":
			for _, e := range d.Arguments.ForName("events").Value.Children {
				out = append(out, "writes "+e.Value.Raw)
			}
		case "deprecated":
			out = append(out, "deprecated")
		}
	}
	return out
}
