package authz_test

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// The words of the table, beside the codes of errors.
const (
	allow  = "allow"
	idle   = "idle"
	null   = "null"
	empty  = "empty"
	hidden = "hidden"
)

// read asks for the fields of rows that have one way to their object, all in one request; where that has errors, each row
// on its own.
func read(t *testing.T, w *world.World, c world.Contract, way world.Route, rows []world.Row, p world.Person) []outcome {
	t.Helper()
	var fields []string
	for i, r := range rows {
		fields = append(fields, c.Selection(t, r, fmt.Sprintf("f%d", i), "{ __typename }"))
	}
	request := w.Fill(t, p, strings.Replace(signing(w, way.Open, p), "%s", strings.Join(fields, " "), 1))
	a := asked(t, w, p, request)
	if len(a.Errors) > 0 && len(rows) > 1 {
		var out []outcome
		for i := range rows {
			out = append(out, read(t, w, c, way, rows[i:i+1], p)...)
		}
		return out
	}
	out := make([]outcome, len(rows))
	objects := objectsAt(a.Data, way.Path)
	for i := range rows {
		out[i] = outcome{wordOf(a, objects, fmt.Sprintf("f%d", i)), request, string(a.Body)}
	}
	return out
}

// asked asks by POST, and for the first event of a subscription by a socket.
func asked(t *testing.T, w *world.World, p world.Person, request string) apptest.Answer {
	t.Helper()
	if strings.HasPrefix(request, "subscription") {
		return w.Once(t, p.Token, request, nil)
	}
	return w.Ask(t, p.Token, request, nil)
}

// signing fills in the sign-in of the one who asks; that of the owner for nobody.
func signing(w *world.World, request string, p world.Person) string {
	email := p.Email
	if email == "" {
		email = w.Owner.Email
	}
	return strings.NewReplacer("$email", fmt.Sprintf("%q", email), "$password", fmt.Sprintf("%q", world.Password)).Replace(request)
}

// wordOf tells in a word of the table what came for a field of some objects.
func wordOf(a apptest.Answer, objects []map[string]any, alias string) string {
	if len(a.Errors) > 0 {
		return a.Code()
	}
	word := hidden
	for _, o := range objects {
		v, asked := o[alias]
		if !asked {
			continue
		}
		if word = valueWord(v); word == allow {
			return word
		}
	}
	return word
}

// valueWord tells whether there is a value: of a list, at least one that is not null.
func valueWord(v any) string {
	list, ok := v.([]any)
	switch {
	case v == nil:
		return null
	case !ok:
		return allow
	case len(list) == 0:
		return empty
	}
	for _, x := range list {
		if x != nil {
			return allow
		}
	}
	return null
}

// objectsAt returns the objects at the end of a path with dots, of all elements of the lists on the way.
func objectsAt(v any, path string) (out []map[string]any) {
	key, rest, _ := strings.Cut(path, ".")
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			out = append(out, objectsAt(e, path)...)
		}
	case map[string]any:
		if path == "" {
			return []map[string]any{x}
		}
		return objectsAt(x[key], rest)
	}
	return out
}
