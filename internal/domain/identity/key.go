package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/signingkey"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/id"
	"karnak/internal/platform/secret"
)

// A key signs for keyLife; it is published and accepted for overlap more, which is longer than any access token lives.
const (
	keyLife = 30 * 24 * time.Hour
	overlap = 48 * time.Hour
	// rereadAfter bounds how often an unknown kid makes the keys be read again.
	rereadAfter = 5 * time.Second
)

// keyStore keeps the signing keys, which live in the database, sealed.
type keyStore struct {
	db     *ent.DB
	clock  clock.Clock
	box    *secret.Box
	making sync.Mutex
	mu     sync.RWMutex
	keys   map[string]*key
	sign   *key
	read   time.Time
}

type key struct {
	id      string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	retires time.Time
	expires time.Time
}

func newKeyStore(ctx context.Context, c Config) (*keyStore, error) {
	box, err := c.Keys.Box("identity/signing-keys")
	if err != nil {
		return nil, err
	}
	s := &keyStore{db: c.DB, clock: c.Clock, box: box, keys: map[string]*key{}}
	_, err = s.signing(ctx)
	return s, err
}

// signing returns the key to sign with, making one when the newest has retired.
func (s *keyStore) signing(ctx context.Context) (*key, error) {
	now := s.clock.Now()
	s.mu.RLock()
	k := s.sign
	s.mu.RUnlock()
	if k != nil && now.Before(k.retires) {
		return k, nil
	}
	// One at a time: the first makes the key, the others find it.
	s.making.Lock()
	defer s.making.Unlock()
	ctx = authz.System(ctx, "identity: signing keys")
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	k = s.sign
	s.mu.RUnlock()
	if k != nil && now.Before(k.retires) {
		return k, nil
	}
	if err := s.create(ctx, now); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.sign == nil {
		return nil, errors.New("identity: no signing key")
	}
	return s.sign, nil
}

func (s *keyStore) create(ctx context.Context, now time.Time) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	kid := id.New(id.SigningKey)
	return s.db.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
		return tx.SigningKey.Create().SetID(kid).SetCreatedAt(now).SetPublicKey(public).
			SetSealedKey(s.box.Seal(private.Seed(), []byte(kid))).
			SetRetiresAt(now.Add(keyLife)).SetExpiresAt(now.Add(keyLife + overlap)).Exec(ctx)
	})
}

// load reads the keys that are still accepted; the newest one signs.
func (s *keyStore) load(ctx context.Context) error {
	now := s.clock.Now()
	rows, err := s.db.Client().SigningKey.Query().Where(signingkey.ExpiresAtGT(now)).Order(signingkey.ByID()).All(ctx)
	if err != nil {
		return err
	}
	keys := make(map[string]*key, len(rows))
	var sign *key
	for _, r := range rows {
		k, err := s.open(r)
		if err != nil {
			return err
		}
		keys[k.id] = k
		sign = k
	}
	s.mu.Lock()
	s.keys, s.sign, s.read = keys, sign, now
	s.mu.Unlock()
	return nil
}

func (s *keyStore) open(r *entgen.SigningKey) (*key, error) {
	seed, err := s.box.Open(r.SealedKey, []byte(r.ID))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("identity: the signing keys were sealed under another KARNAK_SECRET: start with that one")
	}
	return &key{r.ID, r.PublicKey, ed25519.NewKeyFromSeed(seed), r.RetiresAt, r.ExpiresAt}, nil
}

// verifying returns the public key of a kid. One that is not known may have been made by another node: the database is
// asked, at most once in a while.
func (s *keyStore) verifying(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	now := s.clock.Now()
	s.mu.RLock()
	k, stale := s.keys[kid], now.Sub(s.read) > rereadAfter
	s.mu.RUnlock()
	if k == nil && stale && id.Valid(id.SigningKey, kid) {
		if err := s.load(authz.System(ctx, "identity: signing keys")); err != nil {
			return nil, err
		}
		s.mu.RLock()
		k = s.keys[kid]
		s.mu.RUnlock()
	}
	if k == nil || !now.Before(k.expires) {
		return nil, errors.New("unknown key")
	}
	return k.public, nil
}

// JSONWebKey is a public key as RFC 8037 writes it.
type JSONWebKey struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	X   string `json:"x"`
}

// PublicKeys returns the keys that tokens may be signed with, for /.well-known/jwks.json.
func (s *Service) PublicKeys(ctx context.Context) ([]JSONWebKey, error) {
	if _, err := s.keys.signing(ctx); err != nil {
		return nil, err
	}
	s.keys.mu.RLock()
	defer s.keys.mu.RUnlock()
	out := make([]JSONWebKey, 0, len(s.keys.keys))
	for _, k := range s.keys.keys {
		if !s.Clock.Now().Before(k.expires) {
			continue
		}
		out = append(out, JSONWebKey{"OKP", "Ed25519", "sig", "EdDSA", k.id, base64.RawURLEncoding.EncodeToString(k.public)})
	}
	slices.SortFunc(out, func(a, b JSONWebKey) int { return strings.Compare(a.Kid, b.Kid) })
	return out, nil
}
