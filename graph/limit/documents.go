package limit

import (
	"context"
	"errors"
	"math"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Documents keeps parsed and validated documents, bounded in bytes: the text, and an estimate of the tree that hangs on
// it, which is many times larger. It is gqlgen's query cache. Only validation puts documents in, and the guard lets none
// reach validation unchecked, so a document that is found here needs no second check.
type Documents struct {
	cache   *otter.Cache[string, *ast.QueryDocument]
	largest int
}

// Sizes of a document. One that would take more than a sixteenth of the room is not kept, so that few documents cannot
// drive out all others.
const (
	nodeBytes    = 400
	minimumRoom  = 1 << 20
	largestShare = 16
)

// NewDocuments returns a cache of at most that many bytes, 1 MiB or more.
func NewDocuments(bytes int64) (*Documents, error) {
	if bytes < minimumRoom {
		return nil, errors.New("limit: the document cache needs at least 1 MiB")
	}
	cache, err := otter.New(&otter.Options[string, *ast.QueryDocument]{
		MaximumWeight: uint64(bytes),
		Weigher: func(text string, doc *ast.QueryDocument) uint32 {
			return uint32(min(footprint(text, doc), math.MaxUint32))
		},
	})
	if err != nil {
		return nil, err
	}
	return &Documents{cache: cache, largest: int(bytes / largestShare)}, nil
}

// Get returns the document of a text.
func (d *Documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	return d.cache.GetIfPresent(text)
}

// Add keeps a document.
func (d *Documents) Add(_ context.Context, text string, doc *ast.QueryDocument) {
	if doc != nil && footprint(text, doc) <= d.largest {
		d.cache.Set(text, doc)
	}
}

// Bytes returns what the kept documents weigh, after those that are too many have gone.
func (d *Documents) Bytes() uint64 {
	d.cache.CleanUp()
	return d.cache.WeightedSize()
}

// footprint estimates the bytes of a document in memory. Fragments are counted where they are defined.
func footprint(text string, doc *ast.QueryDocument) int {
	t := &tallier{}
	var sum tally
	for _, op := range doc.Operations {
		sum.add(t.operation(op))
	}
	for _, f := range doc.Fragments {
		sum.add(t.selection(f.SelectionSet))
	}
	return len(text) + nodeBytes*(1+len(doc.Operations)+len(doc.Fragments)+int(sum.nodes))
}
