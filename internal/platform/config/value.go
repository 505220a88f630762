package config

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

const redacted = "[redacted]"

// Secret is a value that is never printed: formatting, logging and encoding it give "[redacted]".
type Secret struct{ text string }

// NewSecret wraps a secret as it was written by the operator.
func NewSecret(text string) Secret { return Secret{text} }

// Empty reports whether no secret was given.
func (s Secret) Empty() bool { return s.text == "" }

// Reveal returns the secret as it was written, for who has to be told it alone.
func (s Secret) Reveal() string { return s.text }

// Bytes returns the key: what hex or base64 stands for, else the text itself. A text of hex digits alone is always hex, and
// one that is well-formed base64 is always base64, so that a short key is never taken for a long one.
func (s Secret) Bytes() []byte {
	t := strings.TrimSpace(s.text)
	if strings.IndexFunc(t, func(r rune) bool { return !unicode.Is(unicode.ASCII_Hex_Digit, r) }) < 0 {
		b, _ := hex.DecodeString(t[:len(t)&^1])
		return b
	}
	bare := strings.TrimRight(t, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(bare); err == nil {
			return b
		}
	}
	return []byte(t)
}

// String hides the secret.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return redacted
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// URL is the address of a service. Formatting, logging and encoding it hide the password; Reveal does not.
type URL string

// Reveal returns the address with its password, for the driver alone.
func (u URL) Reveal() string { return string(u) }

// String returns the address without password and parameters.
func (u URL) String() string {
	parts := strings.Split(string(u), ",")
	for i, p := range parts {
		parts[i] = hidePassword(p)
	}
	return strings.Join(parts, ",")
}

func hidePassword(raw string) string {
	if raw == "" {
		return ""
	}
	v, err := url.Parse(raw)
	if err != nil || v.Host == "" {
		return redacted
	}
	v.RawQuery, v.Fragment = "", ""
	if v.User != nil {
		v.User = url.User(v.User.Username())
	}
	return v.String()
}

// GoString hides the password from %#v.
func (u URL) GoString() string { return u.String() }

// LogValue hides the password from slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText hides the password from encoders.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Bytes is a size in bytes, written as a number with an optional unit: 131072, 128KiB, 64MiB, 2GiB.
type Bytes int64

// String writes the size with the largest unit that divides it.
func (b Bytes) String() string {
	for i := len(byteUnits) - 1; i >= 0; i-- {
		if u := byteUnits[i]; b != 0 && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

type byteUnit struct {
	name string
	size int64
}

var byteUnits = [...]byteUnit{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

func parseBytes(s string) (Bytes, error) {
	number, size := strings.TrimSpace(s), int64(1)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok && len(u.name) > 1 {
			number, size = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(number, "B"), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/size {
		return 0, fmt.Errorf("%q is not a size like 131072, 128KiB or 64MiB", clip(s))
	}
	return Bytes(n * size), nil
}

// clip keeps a message short whatever was given.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
