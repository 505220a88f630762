// Package secret derives every key of karnak from one master secret and holds the few ways in which they are used: sealing
// (AES-256-GCM) and tagging (HMAC-SHA256). A key is named by its purpose, so that one never serves two.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
)

// MinMaster is the least length of a master secret in bytes.
const MinMaster = 32

const salt = "karnak/keyring/v1"

// ErrOpen says that a sealed value was altered, was sealed for another purpose or associated data, or with another key.
var ErrOpen = errors.New("secret: the value cannot be opened with this key")

// Keyring derives keys from a master secret. It is safe for concurrent use and never prints what it holds.
type Keyring struct{ prk []byte }

// New makes a keyring of a master secret of at least MinMaster bytes. The secret is not kept.
func New(master []byte) (*Keyring, error) {
	if len(master) < MinMaster {
		return nil, fmt.Errorf("secret: the master secret has %d bytes, %d are needed", len(master), MinMaster)
	}
	prk, err := hkdf.Extract(sha256.New, master, []byte(salt))
	if err != nil {
		return nil, fmt.Errorf("secret: extract: %w", err)
	}
	return &Keyring{prk: prk}, nil
}

// Derive returns the key of a purpose: HKDF-SHA256 (RFC 5869) with the purpose as info. The same master and purpose give the
// same key on every node.
func (k *Keyring) Derive(purpose string) [32]byte {
	// One block of HKDF-Expand is one HMAC, and an HMAC cannot fail.
	m := hmac.New(sha256.New, k.prk)
	m.Write([]byte(purpose))
	m.Write([]byte{1})
	return [32]byte(m.Sum(nil))
}

// String hides the keys.
func (k *Keyring) String() string { return "[redacted]" }

// GoString hides the keys from %#v.
func (k *Keyring) GoString() string { return "[redacted]" }

// LogValue hides the keys from slog.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Box seals and opens values under one key. It is safe for concurrent use; one key is good for 2^32 values.
type Box struct{ aead cipher.AEAD }

const boxVersion = 1

// Box returns the box of a purpose.
func (k *Keyring) Box(purpose string) (*Box, error) {
	key := k.Derive("box/" + purpose)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("secret: cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("secret: gcm: %w", err)
	}
	return &Box{aead: aead}, nil
}

// Seal encrypts a value and binds it to associated data (the row and column it belongs to, for example), which is not
// stored. Sealing twice gives two different values.
func (b *Box) Seal(plain, associated []byte) []byte {
	return b.aead.Seal([]byte{boxVersion}, nil, plain, bind(associated))
}

// Open returns what was sealed with the same associated data, else ErrOpen.
func (b *Box) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) < 1+b.aead.Overhead() || sealed[0] != boxVersion {
		return nil, ErrOpen
	}
	plain, err := b.aead.Open(nil, nil, sealed[1:], bind(associated))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func bind(associated []byte) []byte { return append([]byte{boxVersion}, associated...) }

// Tagger authenticates values under one key. It is safe for concurrent use.
type Tagger struct{ key [32]byte }

// Tagger returns the tagger of a purpose.
func (k *Keyring) Tagger(purpose string) *Tagger { return &Tagger{key: k.Derive("tag/" + purpose)} }

// Tag returns the HMAC-SHA256 of the parts. Lengths are part of it: ("ab", "c") and ("a", "bc") have different tags.
func (t *Tagger) Tag(parts ...[]byte) []byte {
	m := hmac.New(sha256.New, t.key[:])
	for _, p := range parts {
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		m.Write(p)
	}
	return m.Sum(nil)
}

// Verify reports in constant time whether a tag is the tag of the parts. A tag may be cut to its first 16 bytes or more.
func (t *Tagger) Verify(tag []byte, parts ...[]byte) bool {
	want := t.Tag(parts...)
	if len(tag) < 16 || len(tag) > len(want) {
		return false
	}
	return hmac.Equal(tag, want[:len(tag)])
}

// String hides the key.
func (t *Tagger) String() string { return "[redacted]" }

// GoString hides the key from %#v.
func (t *Tagger) GoString() string { return "[redacted]" }
