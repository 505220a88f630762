package archtest

import (
	"path"
	"slices"
	"strings"
)

// floor is a folder of the house. A file imports from floors further down, and from its own.
type floor struct {
	folder string
	// apart says that the rooms of this floor do not know each other.
	apart bool
	// blind are floors further down that this one must not know all the same.
	blind []string
}

// floors lists the house from the roof down.
func floors() []floor {
	return []floor{
		{folder: "bench"},
		{folder: "test"},
		{folder: "tools"},
		{folder: "cmd", apart: true},
		{folder: "internal/app"},
		{folder: "resolvers"},
		{folder: "graph", blind: []string{"internal/domain", "internal/adapter"}},
		{folder: "internal/domain", apart: true, blind: []string{"internal/adapter"}},
		{folder: "internal/adapter", apart: true},
		{folder: "internal/core"},
		{folder: "ent"},
		{folder: "authz"},
		{folder: "internal/platform"},
		{folder: "schema"},
	}
}

// Floors finds imports that go upwards, into a neighbouring room, or to a floor that must not be known. Tests and packages of
// fixtures may look anywhere below the roof; generated code is bound by what it is generated from.
func Floors(t *Tree) []Violation {
	var out []Violation
	all := floors()
	for _, f := range t.files {
		if f.generated || f.isTest() || fixture(f.folder) {
			continue
		}
		from := indexOf(all, f.folder)
		for _, imported := range f.imports() {
			if why := refuse(all, from, f.folder, imported); why != "" {
				out = append(out, Violation{f.path, "imports " + imported + ": " + why})
			}
		}
	}
	return out
}

func indexOf(all []floor, folder string) int {
	return slices.IndexFunc(all, func(f floor) bool { return under(folder, f.folder) })
}

// refuse says why one folder may not import another; "" where it may.
func refuse(all []floor, from int, folder, imported string) string {
	to := indexOf(all, imported)
	switch {
	case from < 0:
		return "the folder " + folder + " is on no floor of the house"
	case to < 0:
		return "it is on no floor of the house"
	case fixture(imported) && !under(folder, "test") && !under(folder, "bench"):
		return "it is for tests alone"
	case to < from:
		return all[from].folder + " lies below " + all[to].folder
	case to == from && all[from].apart && room(all[from], folder) != room(all[from], imported):
		return "the rooms of " + all[from].folder + " do not know each other; ask through a port"
	case slices.Contains(all[from].blind, all[to].folder):
		return all[from].folder + " knows nothing of " + all[to].folder
	}
	return ""
}

// room is the name of the folder right on the floor.
func room(f floor, folder string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(folder, f.folder+"/"), "/")
	return name
}

// Engines finds a second copy of an engine: a folder above internal/core with the name of one in it.
func Engines(t *Tree) []Violation {
	engines := map[string]bool{}
	for _, f := range t.folders {
		if path.Dir(f) == "internal/core" {
			engines[path.Base(f)] = true
		}
	}
	var out []Violation
	for _, f := range t.folders {
		upstairs := under(f, "internal/domain") || under(f, "internal/adapter") || under(f, "internal/core") || under(f, "internal/platform")
		if upstairs && engines[path.Base(f)] && path.Dir(f) != "internal/core" {
			out = append(out, Violation{f, "is a second " + path.Base(f) + "; the engine is internal/core/" + path.Base(f)})
		}
	}
	return out
}
