package archtest

import (
	"path"
	"slices"
	"strings"
)

// Generated finds generated Go outside the folders kept for it: those named …gen, and graph/model.
func Generated(t *Tree) []Violation {
	var out []Violation
	for _, f := range t.files {
		inGen := slices.ContainsFunc(strings.Split(f.folder, "/"), func(s string) bool { return strings.HasSuffix(s, "gen") })
		if f.generated && !inGen && !under(f.folder, "graph/model") {
			out = append(out, Violation{f.path, "is generated and lies in neither a …gen folder nor graph/model"})
		}
	}
	return out
}

// Folders finds folders that the plan of the house does not have, and package names that say nothing.
func Folders(t *Tree) []Violation {
	top := []string{
		"authz", "bench", "bin", "cmd", "docs", "ent", "graph", "internal", "karnak-data", "resolvers", "schema", "test", "tools", "web",
	}
	inside := []string{"adapter", "app", "archtest", "core", "domain", "platform"}
	vague := []string{"base", "common", "helper", "helpers", "lib", "misc", "models", "shared", "types", "util", "utils"}
	var out []Violation
	for _, f := range t.folders {
		parent, name := path.Split(f)
		switch {
		case parent == "" && !slices.Contains(top, name):
			out = append(out, Violation{f, "is not a folder of the house"})
		case parent == "internal/" && !slices.Contains(inside, name):
			out = append(out, Violation{f, "is not a folder of internal"})
		}
		if slices.Contains(vague, name) && !strings.HasPrefix(f, "web/") && t.holdsGo(f) {
			out = append(out, Violation{f, "has a name that says nothing of what is in it"})
		}
	}
	return out
}

func (t *Tree) holdsGo(folder string) bool {
	return slices.ContainsFunc(t.files, func(f file) bool { return f.folder == folder && !f.generated })
}

// Names finds a resolver file without the schema file of the same name.
func Names(t *Tree) []Violation {
	var out []Violation
	for _, f := range t.files {
		if name, ok := resolverFile(f.path); ok && !slices.Contains(t.names, "schema/"+name+".graphqls") {
			out = append(out, Violation{f.path, "has no schema/" + name + ".graphqls"})
		}
	}
	return out
}

// resolverFile returns the name of the domain of a resolver file.
func resolverFile(p string) (string, bool) {
	name, ok := strings.CutSuffix(p, ".resolvers.go")
	if !ok || path.Dir(p) != "resolvers" {
		return "", false
	}
	return path.Base(name), true
}
