package fault

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text checks a line or text of low to high characters and reports what is wrong; a line holds no control characters,
// a text may hold tabs and line breaks.
func (i *Issues) Text(field, value string, low, high int, multiline bool) {
	n := utf8.RuneCountInString(value)
	blank := strings.TrimSpace(value) == ""
	switch {
	case !utf8.ValidString(value):
		i.Add(Invalid, field, "This is not valid UTF-8.")
	case low > 0 && blank:
		i.Add(Required, field, "This cannot be empty.")
	case n < low:
		i.Add(TooShort, field, "Give at least %d characters.", low)
	case n > high:
		i.Add(TooLong, field, "Give at most %d characters; these are %d.", high, n)
	case strings.ContainsFunc(value, func(r rune) bool { return forbidden(r, multiline) }):
		i.Add(Invalid, field, "Leave out control characters.")
	}
}

func forbidden(r rune, multiline bool) bool {
	if multiline && (r == '\n' || r == '\r' || r == '\t') {
		return false
	}
	return r == utf8.RuneError || unicode.IsControl(r)
}

// Email checks an e-mail address: one address, without a name.
func (i *Issues) Email(field, address string) {
	trimmed := strings.TrimSpace(address)
	a, err := mail.ParseAddress(trimmed)
	switch {
	case trimmed == "":
		i.Add(Required, field, "Give an e-mail address.")
	// A few letters take more bytes in lower case, as addresses are compared.
	case max(len(address), len(strings.ToLower(trimmed))) > 254:
		i.Add(TooLong, field, "An e-mail address has at most 254 characters.")
	case err != nil || a.Name != "" || a.Address != trimmed || !utf8.ValidString(address):
		i.Add(Invalid, field, "This is not an e-mail address.")
	}
}
