package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"sort"
	"strings"
)

// variable names the environment's variable that says which fault a merged build has.
const variable = "KARNAK_SEEDED"

// merged puts many faults into one build: a function with faults is there once as it is and once for each of them, and a
// switch calls the one that is wanted. It returns the files to build with, and the faults that are in them.
func merged(tree map[string][]byte, faults []fault) (files map[string][]byte, in map[int]bool, err error) {
	files, in = map[string][]byte{}, map[int]bool{}
	twins := map[string]map[string][]twin{}
	for _, f := range faults {
		found, ok := f.twins(tree)
		if !ok {
			continue
		}
		in[f.number] = true
		for _, x := range found {
			if twins[x.file] == nil {
				twins[x.file] = map[string][]twin{}
			}
			twins[x.file][x.key] = append(twins[x.file][x.key], x)
		}
	}
	for file, functions := range twins {
		text, pkg, err := dispatched(tree[file], functions)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		files[file] = text
		files[path.Join(path.Dir(file), "zz_seeded.go")] = fmt.Appendf(nil, "package %s\n\nimport \"os\"\n\nvar seededFault = os.Getenv(%q)\n", pkg, variable)
	}
	return files, in, nil
}

// twin is a function as a fault has it.
type twin struct {
	file, key, text string
	number          int
}

// twins returns the functions that a fault changes; ok is false when it changes anything else.
func (f fault) twins(tree map[string][]byte) (out []twin, ok bool) {
	for file, text := range f.changed {
		was, errWas := functions(tree[file])
		is, errIs := functions(text)
		if !strings.HasSuffix(file, ".go") || errWas != nil || errIs != nil || len(was) != len(is) {
			return nil, false
		}
		rest, before := string(text), string(tree[file])
		for key, body := range is {
			rest, before = strings.Replace(rest, body, "", 1), strings.Replace(before, was[key], "", 1)
			if body != was[key] {
				out = append(out, twin{file, key, body, f.number})
			}
		}
		if rest != before {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// functions returns the functions and methods of a file, as they are written.
func functions(text []byte) (map[string]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, 0)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Type.TypeParams == nil {
			out[keyOf(set, text, f)] = string(slice(set, text, f))
		}
	}
	return out, nil
}

func slice(set *token.FileSet, text []byte, n ast.Node) []byte {
	return text[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset]
}

// keyOf is the receiver's type with the name.
func keyOf(set *token.FileSet, text []byte, f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	return string(slice(set, text, f.Recv.List[0].Type)) + "." + f.Name.Name
}

// dispatched writes a file in which functions with faults are switches.
func dispatched(text []byte, twins map[string][]twin) (out []byte, pkg string, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, 0)
	if err != nil {
		return nil, "", err
	}
	out = slices.Clone(text)
	var more bytes.Buffer
	decls := slices.Clone(file.Decls)
	sort.Slice(decls, func(i, j int) bool { return decls[i].Pos() > decls[j].Pos() })
	for _, d := range decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || twins[keyOf(set, text, f)] == nil {
			continue
		}
		name, at := f.Name.Name, set.Position(f.Name.Pos()).Offset
		out = slices.Concat(out[:at], []byte("seeded0"), out[at:])
		head := string(text[set.Position(f.Pos()).Offset:at])
		for _, x := range twins[keyOf(set, text, f)] {
			more.WriteString("\n" + head + fmt.Sprint("seeded", x.number) + strings.TrimPrefix(x.text, head) + "\n")
		}
		more.WriteString(switchOf(set, text, f, name, twins[keyOf(set, text, f)]))
	}
	return append(out, more.Bytes()...), file.Name.Name, nil
}

// switchOf writes a function that calls the one wanted.
func switchOf(set *token.FileSet, text []byte, f *ast.FuncDecl, name string, twins []twin) string {
	var params, args []string
	for _, p := range f.Type.Params.List {
		for range max(1, len(p.Names)) {
			arg := fmt.Sprint("p", len(args))
			params = append(params, arg+" "+string(slice(set, text, p.Type)))
			if _, variadic := p.Type.(*ast.Ellipsis); variadic {
				arg += "..."
			}
			args = append(args, arg)
		}
	}
	receiver, self, results, give := "", "", "", ""
	if f.Recv != nil {
		receiver, self = "(r "+string(slice(set, text, f.Recv.List[0].Type))+") ", "r."
	}
	if f.Type.Results != nil {
		results, give = string(slice(set, text, f.Type.Results)), "return "
	}
	call := func(n int) string {
		return fmt.Sprintf("%s%sseeded%d%s(%s)", give, self, n, name, strings.Join(args, ", "))
	}
	b := fmt.Sprintf("\nfunc %s%s(%s) %s {\n\tswitch seededFault {\n", receiver, name, strings.Join(params, ", "), results)
	for _, x := range twins {
		b += fmt.Sprintf("\tcase \"%d\":\n\t\t%s\n", x.number, call(x.number))
		if give == "" {
			b += "\t\treturn\n"
		}
	}
	return b + "\t}\n\t" + call(0) + "\n}\n"
}
