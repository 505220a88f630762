package jsonschema

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Bounds of a schema.
const (
	MaxSchema      = 64 << 10
	MaxSchemaDepth = 64
	MaxSubschemas  = 1000
)

const (
	// base is where a schema is said to be. The name can never be resolved (RFC 2606).
	base  = "https://schema.invalid/"
	draft = "https://json-schema.org/draft/2020-12/schema"
)

// Schema is a compiled schema. It is safe for concurrent use.
type Schema struct {
	root  *jsonschema.Schema
	scale *scale
}

// Compile compiles a schema. The error is an *Invalid with paths into the schema.
func Compile(schema []byte) (*Schema, error) {
	doc, err := readSchema(schema)
	if err != nil {
		return nil, err
	}
	return compile(doc)
}

// CompileObject is Compile for the arguments of a tool: the root has to say "type": "object".
func CompileObject(schema []byte) (*Schema, error) {
	doc, err := readSchema(schema)
	if err != nil {
		return nil, err
	}
	if m, _ := doc.(map[string]any); m["type"] != "object" {
		return nil, invalid("/type", `has to be "object"`)
	}
	return compile(doc)
}

func readSchema(schema []byte) (any, error) {
	doc, err := read(schema, MaxSchema, MaxSchemaDepth)
	if err != nil {
		return nil, err
	}
	switch d := doc.(type) {
	case bool:
	case map[string]any:
		if s, ok := d["$schema"]; ok && s != draft && s != draft+"#" {
			return nil, invalid("/$schema", "has to be "+draft)
		}
	default:
		return nil, invalid("", "has to be an object, true or false")
	}
	return doc, new(bulk).add(doc)
}

// bulk is what a schema has before it is known what of it is a subschema.
type bulk struct {
	// branches are objects and booleans, levels the depths of all values together: what the library takes to compile a schema
	// grows faster than these.
	branches, levels int
	path             []string
}

const (
	maxBranches = 3000
	maxLevels   = 40_000
)

// add refuses keywords by which a reference leads elsewhere depending on the way there, since what that costs could not be
// told. A property may have such a name, but its schema is no text.
func (b *bulk) add(v any) error {
	b.levels += 1 + len(b.path)
	if b.levels > maxLevels || b.branches > maxBranches {
		return invalid("", "is too large, or too much of it too deep")
	}
	switch v := v.(type) {
	case bool:
		b.branches++
	case []any:
		for i, e := range v {
			if err := b.inside(strconv.Itoa(i), e); err != nil {
				return err
			}
		}
	case map[string]any:
		b.branches++
		for k, e := range v {
			if _, ok := e.(string); ok && (strings.HasPrefix(k, "$dynamic") || strings.HasPrefix(k, "$recursive")) {
				return invalid(pointer(append(b.path, k)), "is not supported")
			}
			if err := b.inside(k, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bulk) inside(token string, v any) error {
	b.path = append(b.path, token)
	err := b.add(v)
	b.path = b.path[:len(b.path)-1]
	return err
}

// nowhere loads nothing.
type nowhere struct{}

var errNowhere = errors.New("nothing is loaded")

func (nowhere) Load(string) (any, error) { return nil, errNowhere }

func compile(doc any) (*Schema, error) {
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseRegexpEngine(new(patterns).compile)
	if err := c.AddResource(base, doc); err != nil {
		return nil, fmt.Errorf("jsonschema: %w", err)
	}
	root, err := c.Compile(base)
	if err != nil {
		return nil, refusal(err)
	}
	s, err := newScale(root)
	if err != nil {
		return nil, err
	}
	return &Schema{root, s}, nil
}

// Validate holds a document against the schema. What is wrong is an *Invalid.
func (s *Schema) Validate(doc []byte) error {
	v, err := read(doc, MaxDocument, MaxDepth)
	if err != nil {
		return err
	}
	if !s.scale.bears(v) {
		return invalid("", "would take too long to hold against this schema")
	}
	var f *jsonschema.ValidationError
	if err := s.root.Validate(v); errors.As(err, &f) {
		return order(explain(nil, f))
	} else if err != nil {
		return fmt.Errorf("jsonschema: %w", err)
	}
	return nil
}

// refusal says why a schema does not compile.
func refusal(err error) error {
	var (
		faulty  *jsonschema.SchemaValidationError
		fit     *jsonschema.ValidationError
		load    *jsonschema.LoadURLError
		pattern *jsonschema.InvalidRegexError
		target  *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
	)
	switch {
	case errors.As(err, &faulty) && errors.As(faulty.Err, &fit):
		return order(explain(nil, fit))
	case errors.As(err, &load):
		return invalid("", "refers to "+quote(strings.TrimPrefix(load.URL, base))+", which is outside of it: nothing is loaded")
	case errors.As(err, &pattern):
		return invalid(place(pattern.URL), noPattern)
	case errors.As(err, &target):
		return invalid("", "refers to "+quote("#"+place(target.URL))+", which is not there")
	case errors.As(err, &anchor):
		return invalid("", "refers to "+quote(strings.TrimPrefix(anchor.Reference, base))+", which is not there")
	}
	return invalid("", "is no schema: "+clip(err.Error(), maxPath))
}

// place is the pointer of a location.
func place(location string) string {
	_, fragment, _ := strings.Cut(location, "#")
	if p, err := url.PathUnescape(fragment); err == nil {
		return p
	}
	return fragment
}
