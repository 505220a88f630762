package secret_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"karnak/internal/platform/secret"
)

func keyring(t *testing.T, fill byte) *secret.Keyring {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDeriveIsHKDF(t *testing.T) {
	t.Parallel()
	k := keyring(t, 7)
	for _, purpose := range []string{"", "cursor", "jwt/signing", strings.Repeat("x", 300)} {
		want, err := hkdf.Key(sha256.New, bytes.Repeat([]byte{7}, 32), []byte("karnak/keyring/v1"), purpose, 32)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Derive(purpose); !bytes.Equal(got[:], want) {
			t.Errorf("Derive(%q) = %x, HKDF says %x", purpose, got, want)
		}
	}
	if k.Derive("a") == k.Derive("b") {
		t.Error("two purposes share a key")
	}
	if k.Derive("a") == keyring(t, 8).Derive("a") {
		t.Error("two masters share a key")
	}
}

func TestShortMasterIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := secret.New(make([]byte, 31)); err == nil {
		t.Error("31 bytes were accepted")
	}
}

func box(t *testing.T, k *secret.Keyring, purpose string) *secret.Box {
	t.Helper()
	b, err := k.Box(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	k := keyring(t, 1)
	b := box(t, k, "vault")
	plain, ad := []byte("refresh token"), []byte("row 1")
	sealed := b.Seal(plain, ad)
	if got, err := b.Open(sealed, ad); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if bytes.Equal(sealed, b.Seal(plain, ad)) {
		t.Error("sealing twice gave the same bytes")
	}
	if bytes.Contains(sealed, plain) {
		t.Error("the plain text is in the sealed value")
	}
	if got, err := b.Open(b.Seal(nil, nil), nil); err != nil || len(got) != 0 {
		t.Errorf("empty value: %q, %v", got, err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Open(bad, ad); !errors.Is(err, secret.ErrOpen) {
			t.Fatalf("byte %d altered: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := b.Open(sealed[:n], ad); !errors.Is(err, secret.ErrOpen) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	for name, open := range map[string]func() ([]byte, error){
		"other associated data": func() ([]byte, error) { return b.Open(sealed, []byte("row 2")) },
		"other purpose":         func() ([]byte, error) { return box(t, k, "other").Open(sealed, ad) },
		"other master":          func() ([]byte, error) { return box(t, keyring(t, 2), "vault").Open(sealed, ad) },
	} {
		if _, err := open(); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	k := keyring(t, 3)
	g := k.Tagger("cursor")
	a, b := []byte("ab"), []byte("c")
	tag := g.Tag(a, b)
	cases := []struct {
		name  string
		by    *secret.Tagger
		tag   []byte
		parts [][]byte
		want  bool
	}{
		{"its own", g, tag, [][]byte{a, b}, true},
		{"cut to sixteen", g, tag[:16], [][]byte{a, b}, true},
		{"cut to fifteen", g, tag[:15], [][]byte{a, b}, false},
		{"empty", g, nil, [][]byte{a, b}, false},
		{"too long", g, append(bytes.Clone(tag), 0), [][]byte{a, b}, false},
		{"shifted border", g, tag, [][]byte{[]byte("a"), []byte("bc")}, false},
		{"one part", g, tag, [][]byte{[]byte("abc")}, false},
		{"other purpose", k.Tagger("other"), tag, [][]byte{a, b}, false},
		{"altered", g, append([]byte{tag[0] ^ 1}, tag[1:]...), [][]byte{a, b}, false},
	}
	for _, c := range cases {
		if got := c.by.Verify(c.tag, c.parts...); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	k := keyring(t, 0xab)
	key := k.Derive("tag/x")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", k)
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%#v %+v", k, k), fmt.Sprintf("%v %#v", k.Tagger("x"), k.Tagger("x")), log.String()} {
		if !strings.Contains(s, "[redacted]") || strings.Contains(s, hex.EncodeToString(key[:4])) || strings.Contains(s, "171") {
			t.Errorf("printed %q", s)
		}
	}
}
