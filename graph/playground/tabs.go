package playground

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// tab is one ready-made document with the variables it begins with.
type tab struct {
	Query     string `json:"query"`
	Variables string `json:"variables,omitempty"`
}

// readTabs reads the documents of a folder in the order of their file names; the
// variables of x.graphql are in x.json.
func readTabs(files embed.FS) ([]tab, error) {
	names, err := fs.Glob(files, "tabs/*.graphql")
	if err != nil {
		return nil, fmt.Errorf("playground: list tabs: %w", err)
	}
	tabs := make([]tab, 0, len(names))
	for _, name := range names {
		query, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("playground: read tab: %w", err)
		}
		variables, err := files.ReadFile(strings.TrimSuffix(name, ".graphql") + ".json")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("playground: read tab: %w", err)
		}
		tabs = append(tabs, tab{Query: string(query), Variables: strings.TrimSpace(string(variables))})
	}
	return tabs, nil
}
