package fault_test

import (
	"strings"
	"testing"

	"karnak/internal/platform/fault"
)

func TestText(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, value string
		low, high   int
		multiline   bool
		want        fault.UserErrorCode
	}{
		{"plain", "hello", 1, 10, false, ""},
		{"empty", "", 1, 10, false, fault.Required},
		{"blank", " \t ", 1, 10, true, fault.Required},
		{"empty where it may be", "", 0, 10, false, ""},
		{"too short", "ab", 3, 10, false, fault.TooShort},
		{"as long as allowed, in characters and not in bytes", strings.Repeat("é", 10), 1, 10, false, ""},
		{"one too long", strings.Repeat("é", 11), 1, 10, false, fault.TooLong},
		{"a break in a line", "a\nb", 1, 10, false, fault.Invalid},
		{"a carriage return in a line", "a\rb", 1, 10, false, fault.Invalid},
		{"breaks and tabs in a text", "a\r\n\tb", 1, 10, true, ""},
		{"NUL in a text", "a\x00b", 1, 10, true, fault.Invalid},
		{"an escape in a text", "a\x1b[2J", 1, 10, true, fault.Invalid},
		{"the replacement character", "a\ufffdb", 1, 10, true, fault.Invalid},
		{"broken UTF-8", "a\xffb", 1, 10, true, fault.Invalid},
		{"quotes and a placeholder", `'";$1`, 1, 10, false, ""},
		{"an emoji of several code points", "👩‍👩‍👧", 1, 10, false, ""},
		{"right to left", "\u202eabc", 1, 10, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var i fault.Issues
			i.Text("name", c.value, c.low, c.high, c.multiline)
			check(t, i, c.want)
		})
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, address string
		want          fault.UserErrorCode
	}{
		{"plain", "a@example.test", ""},
		{"with a tag", "a+b@example.test", ""},
		{"with space around it", " a@example.test ", ""},
		{"empty", "", fault.Required},
		{"blank", "  ", fault.Required},
		{"without a domain", "a", fault.Invalid},
		{"with a name", "A <a@example.test>", fault.Invalid},
		{"two of them", "a@example.test, b@example.test", fault.Invalid},
		{"a header in it", "a@example.test\r\nBcc: b@example.test", fault.Invalid},
		{"too long", strings.Repeat("a", 250) + "@b.test", fault.TooLong},
		{"broken UTF-8", "\xff@example.test", fault.Invalid},
		{"NUL", "a\x00@example.test", fault.Invalid},
		{"NUL in quotes", "\"a\x00\"@example.test", fault.Invalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var i fault.Issues
			i.Email("email", c.address)
			check(t, i, c.want)
		})
	}
}

func check(t *testing.T, i fault.Issues, want fault.UserErrorCode) {
	t.Helper()
	switch {
	case want == "" && len(i) > 0:
		t.Errorf("found %+v", i)
	case want != "" && (len(i) != 1 || i[0].Code != want || i[0].Message == "" || len(i[0].Field) != 2):
		t.Errorf("found %+v, not one %s", i, want)
	}
}
