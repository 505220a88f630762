// Command entgen generates the data model from ent/schema, and then makes its queries scan all their rows into the same
// destinations: see store.Reused. It runs in the folder ent.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"golang.org/x/tools/imports"
)

const folder = "entgen"

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "entgen: %s\n", err)
		os.Exit(1)
	}
}

func run() error {
	features := []gen.Feature{gen.FeaturePrivacy, gen.FeatureIntercept, gen.FeatureExecQuery, gen.FeatureVersionedMigration}
	if err := entc.Generate("./schema", &gen.Config{Target: folder, Package: "karnak/ent/entgen", Features: features}); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_query.go"))
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := rewrite(name); err != nil {
			return err
		}
	}
	return nil
}

var scanned = regexp.MustCompile(`func\(columns \[\]string\) \(\[\]any, error\) \{\s+return \(\*(\w+)\)\.scanValues\(nil, columns\)\s+\}`)

func rewrite(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if found := len(scanned.FindAll(text, -1)); found != 1 {
		return fmt.Errorf("%s: %d places that scan rows, 1 expected", name, found)
	}
	text = scanned.ReplaceAll(text, []byte(`store.Reused((*$1)(nil).scanValues)`))
	text = regexp.MustCompile(`\nimport \(\n`).ReplaceAll(text, []byte("\nimport (\n\t\"karnak/internal/platform/store\"\n"))
	text, err = imports.Process(name, text, nil)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
