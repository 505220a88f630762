package exec

import (
	"bytes"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Encode returns an answer as JSON. It grows in a buffer that is used again, and is copied out once.
func Encode(answer graphql.Marshaler) []byte {
	b, ok := encoding.Get().(*bytes.Buffer)
	if !ok {
		b = &bytes.Buffer{}
	}
	b.Reset()
	answer.MarshalGQL(b)
	out := bytes.Clone(b.Bytes())
	if b.Cap() <= keepEncoding {
		encoding.Put(b)
	}
	return out
}

var encoding sync.Pool

// keepEncoding bounds the buffers that are kept.
const keepEncoding = 256 << 10
