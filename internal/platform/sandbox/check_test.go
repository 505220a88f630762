package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/sandbox"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	if sandbox.Racing {
		t.Skip("the race detector makes the compiler's stack and time several times as large")
	}
	p := newPool(t)
	const n = 60000
	for name, c := range map[string]struct{ source, says string }{
		"good":                   {"async function run(i) { return i?.a ?? 1 }", ""},
		"good without run":       {"let a", ""},
		"never run":              {"for (;;);", ""},
		"a source map":           {"1\n//# sourceMappingURL=/etc/hostname", ""},
		"a missing brace":        {"function run() {\n", "line 2, column 1: "},
		"twice declared":         {"const a = 1\nconst a = 2", "line 2, column 7: "},
		"a module":               {"import fs from 'fs'", "line 1, column "},
		"open round brackets":    {repeat("(", n), "nested too deeply"},
		"open square brackets":   {repeat("[", n), "nested too deeply"},
		"few open brackets":      {repeat("(", 100), "line 1, column 101: "},
		"open braces":            {repeat("{", n), "line 1, column "},
		"many round brackets":    {repeat("(", n) + "1" + repeat(")", n), "nested too deeply"},
		"many templates":         {repeat("`${", n/2) + "1" + repeat("}`", n/2), "nested too deeply"},
		"many objects":           {"(" + repeat("{a:", n) + "1" + repeat("}", n) + ")", "nested too deeply"},
		"many assignments":       {repeat("a=", n) + "1", "nested too deeply"},
		"many functions":         {repeat("x=>", n) + "1", "it takes too much to compile"},
		"many additions":         {"1" + repeat("+1", n), "it takes too much to compile"},
		"many texts added":       {"x" + repeat("+x", n), "it takes too much to compile"},
		"many negations":         {repeat("!", n) + "1", ""},
		"many conditions":        {repeat("a?", n) + "1" + repeat(":1", n), ""},
		"many groups":            {"/" + repeat("(", n) + repeat(")", n) + "/", "line 1, column 1: "},
		"too long":               {repeat(" ", 256<<10) + "1", "bytes"},
		"not in UTF-8":           {"let \xff\xfe", "line 1, column 5: "},
		"an ending in a comment": {"/* and", "line 1, column "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			err := p.Check(t.Context(), c.source)
			if c.says == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if kindOf(err) != sandbox.Syntax || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v after %s", err, time.Since(began))
			}
		})
	}
}
