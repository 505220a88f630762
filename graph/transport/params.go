package transport

import (
	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/fault"
)

// paramsOf reads the parameters of a GraphQL request; null is the same as left out, and keys that nobody knows are passed
// over, as GraphQL-over-HTTP has it. A document may be missing only where extensions.persistedQuery says which one is meant.
func paramsOf(m map[string]any) (*graphql.RawParams, error) {
	p := &graphql.RawParams{}
	var ok bool
	if v := m["query"]; v != nil {
		if p.Query, ok = v.(string); !ok {
			return nil, fault.New(fault.BadUserInput, "`query` has to be a string.")
		}
	}
	if v := m["operationName"]; v != nil {
		if p.OperationName, ok = v.(string); !ok {
			return nil, fault.New(fault.BadUserInput, "`operationName` has to be a string.")
		}
	}
	if v := m["variables"]; v != nil {
		if p.Variables, ok = v.(map[string]any); !ok {
			return nil, fault.New(fault.BadUserInput, "`variables` has to be an object.")
		}
	}
	if v := m["extensions"]; v != nil {
		if p.Extensions, ok = v.(map[string]any); !ok {
			return nil, fault.New(fault.BadUserInput, "`extensions` has to be an object.")
		}
	}
	if p.Query == "" && p.Extensions["persistedQuery"] == nil {
		return nil, fault.New(fault.BadUserInput, "`query` is missing.")
	}
	return p, nil
}
