package jsonschema

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	lib "github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

const (
	// largest bounds a schema in bytes, mostParts how many schemas there are in it.
	largest, mostParts = 64 << 10, 1000
	// mostChecks bounds how often a schema in the schema is asked about a value: some ask twice at every level.
	mostChecks = 20_000
	// mostFaults bounds what is told of a value.
	mostFaults = 20
	// longestFault bounds a sentence of those, in bytes.
	longestFault = 300
)

// Schema checks values. It is safe for concurrent use.
type Schema struct {
	schema *lib.Schema
	mu     sync.Mutex
	checks *counter
}

// Fault is something that is wrong with a value. Path is a JSON pointer, empty for the value as a whole.
type Fault struct{ Path, Message string }

// Invalid says that a value does not fit.
type Invalid struct{ Faults []Fault }

// Error tells of the first fault.
func (e *Invalid) Error() string {
	if e.Faults[0].Path == "" {
		return e.Faults[0].Message
	}
	return e.Faults[0].Path + ": " + e.Faults[0].Message
}

// address is what a schema is called inside; it leads nowhere.
const address = "karnak://schema/schema"

// CompileObject is Compile for the schema of an object.
func CompileObject(b []byte) (*Schema, error) {
	v, err := read(b)
	if err != nil {
		return nil, err
	}
	if m, ok := v.(map[string]any); !ok || m["type"] != "object" {
		return nil, errors.New(`its type has to be "object"`)
	}
	return compile(b, v)
}

// Compile reads a schema. References lead into the schema itself, and to the meta-schemas of its draft. An error tells people what is
// wrong with it.
func Compile(b []byte) (*Schema, error) {
	v, err := read(b)
	if err != nil {
		return nil, err
	}
	return compile(b, v)
}

func compile(b []byte, v any) (*Schema, error) {
	if len(b) > largest {
		return nil, fmt.Errorf("it has more than %d bytes", largest)
	}
	if parts(v) > mostParts {
		return nil, fmt.Errorf("it has more than %d parts", mostParts)
	}
	if err := dialect(v); err != nil {
		return nil, err
	}
	s := &Schema{checks: &counter{}}
	c := lib.NewCompiler()
	c.DefaultDraft(lib.Draft2020)
	c.UseLoader(nowhere{})
	c.AssertFormat()
	c.AssertVocabs()
	c.RegisterVocabulary(&lib.Vocabulary{URL: address + "/counted", Compile: func(*lib.CompilerContext, map[string]any) (lib.SchemaExt, error) { return s.checks, nil }})
	if err := c.AddResource(address, v); err != nil {
		return nil, told(err)
	}
	var err error
	if s.schema, err = c.Compile(address); err != nil {
		return nil, told(err)
	}
	return s, nil
}

// dialect refuses other drafts: what they say differently would be read wrongly.
func dialect(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	switch d := m["$schema"]; d {
	case nil, lib.Draft2020.String(), "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#":
		return nil
	default:
		return fmt.Errorf("its $schema is %v, and only https://json-schema.org/draft/2020-12/schema is read", d)
	}
}

func parts(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			n += parts(x)
		}
	case map[string]any:
		for _, x := range v {
			n += parts(x)
		}
	}
	return n
}

// nowhere is where references out of a schema lead.
type nowhere struct{}

var errElsewhere = errors.New("a reference leads out of the schema")

// Load loads nothing.
func (nowhere) Load(string) (any, error) { return nil, errElsewhere }

// told is what people are told of a schema that is none.
func told(err error) error {
	var invalid *lib.SchemaValidationError
	var v *lib.ValidationError
	switch {
	case errors.Is(err, errElsewhere):
		return errElsewhere
	case errors.As(err, &invalid) && errors.As(invalid.Err, &v):
		return &Invalid{faults(v)}
	}
	return errors.New(clip(strings.ReplaceAll(err.Error(), address+"#", "")))
}

// Validate checks a value: *Invalid tells what is wrong with one that does not fit, or that is no JSON.
func (s *Schema) Validate(b []byte) (err error) {
	v, err := read(b)
	if err != nil {
		return &Invalid{[]Fault{{"", "this is no JSON value: " + clip(err.Error())}}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks.n = 0
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.Is(e, errTooMany) {
				panic(p) //nolint:forbidigo // another's
			}
			err = &Invalid{[]Fault{{"", "the schema takes too long to check this value"}}}
		}
	}()
	err = s.schema.Validate(v)
	var invalid *lib.ValidationError
	if errors.As(err, &invalid) {
		return &Invalid{faults(invalid)}
	}
	return err
}

// counter counts how often the schemas in a schema are asked.
type counter struct{ n int }

var errTooMany = errors.New("jsonschema: too many checks")

// Validate counts.
func (c *counter) Validate(*lib.ValidatorContext, any) {
	if c.n++; c.n > mostChecks {
		panic(errTooMany) //nolint:forbidigo // the only way out of the library; Validate takes it
	}
}

// faults are the innermost causes of an error, which say what is wrong.
func faults(e *lib.ValidationError) (out []Fault) {
	english := message.NewPrinter(language.English)
	var walk func(e *lib.ValidationError)
	walk = func(e *lib.ValidationError) {
		for _, c := range e.Causes {
			walk(c)
		}
		if len(e.Causes) == 0 && len(out) < mostFaults {
			out = append(out, Fault{pointer(e.InstanceLocation), clip(e.ErrorKind.LocalizedString(english))})
		}
	}
	walk(e)
	return out
}

func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return clip(b.String())
}

func clip(s string) string {
	if len(s) <= longestFault {
		return s
	}
	return strings.ToValidUTF8(s[:longestFault], "") + "…"
}
