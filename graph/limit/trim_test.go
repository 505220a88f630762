package limit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/limit"
)

func TestTrim(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä\x01", 100<<10)
	fill := func(n int, e gqlerror.Error) gqlerror.List {
		var list gqlerror.List
		for range n {
			err := e
			list = append(list, &err)
		}
		return list
	}
	for _, c := range []struct {
		name string
		list gqlerror.List
		kept int
	}{
		{"none", nil, 0},
		{"one", fill(1, gqlerror.Error{Message: "a"}), 1},
		{"many short ones", fill(100, gqlerror.Error{Message: "a"}), 20},
		{"many long ones", fill(100, gqlerror.Error{Message: long}), 5},
		{"a long path", fill(1, gqlerror.Error{Message: "a", Path: ast.Path{ast.PathName(long)}}), 1},
		{"large extensions", fill(3, gqlerror.Error{Message: "a", Extensions: map[string]any{"code": "X", "all": long}}), 1},
		{"many locations", fill(1, gqlerror.Error{Message: "a", Locations: make([]gqlerror.Location, 9000)}), 1},
		{"what is no JSON", fill(2, gqlerror.Error{Message: "a", Extensions: map[string]any{"code": "X", "f": func() {}}}), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := len(c.list)
			got := limit.Trim(c.list)
			b, err := json.Marshal(got)
			if err != nil || len(got) != c.kept || len(b) > 8<<10 {
				t.Errorf("kept %d of %d in %d bytes (%v), want %d", len(got), before, len(b), err, c.kept)
			}
			if len(c.list) > 0 && c.list[0].Message == long && &got[0].Message == &c.list[0].Message {
				t.Error("the list itself was altered")
			}
			if len(got) > 0 && got[0].Extensions != nil && got[0].Extensions["code"] != "X" {
				t.Errorf("the code is lost: %v", got[0].Extensions)
			}
		})
	}
}
