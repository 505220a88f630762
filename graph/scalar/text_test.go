package scalar_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"karnak/graph/scalar"
)

func TestTextIsWrittenAsGqlgenWritesIt(t *testing.T) {
	t.Parallel()
	every := make([]byte, 0, 256)
	for c := range 128 {
		every = append(every, byte(c))
	}
	for _, s := range []string{"", "plain", `a "quoted" \ one`, "é 👍 \u2028", "\tTab\n\r", string(every), "broken \xff\xc3( utf-8"} {
		var want, got, plain bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		scalar.MarshalText(s).MarshalGQL(&got)
		scalar.MarshalID(s).MarshalGQL(struct{ io.Writer }{&plain})
		if got.String() != want.String() || plain.String() != want.String() {
			t.Errorf("%q: %s, %s: want %s", s, &got, &plain, &want)
		}
	}
}
