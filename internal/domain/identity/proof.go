package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/maypok86/otter/v2"
)

// proofs remember access tokens whose signature was found good, by their hash: to check it is the dearest step of a small
// request. What the clock or a rotation of the keys changes is looked at each time.
type proofs = otter.Cache[[sha256.Size]byte, proof]

type proof struct {
	claims *claims
	kid    string
	public ed25519.PublicKey
}

const keptProofs = 20_000

func newProofs() *proofs {
	return otter.Must(&otter.Options[[sha256.Size]byte, proof]{MaximumSize: keptProofs})
}

// proven returns the claims of a token that was checked before; nil for one that has to be checked.
func (s *Service) proven(ctx context.Context, token string) *claims {
	p, ok := s.proofs.GetIfPresent(sha256.Sum256([]byte(token)))
	if !ok {
		return nil
	}
	now := s.Clock.Now()
	if !now.Before(p.claims.ExpiresAt.Time) || now.Before(p.claims.IssuedAt.Time) {
		return nil
	}
	if key, err := s.keys.verifying(ctx, p.kid); err != nil || !key.Equal(p.public) {
		return nil
	}
	return p.claims
}

// prove remembers a good token, unless it holds what proven does not look at.
func (s *Service) prove(token string, p proof) {
	if p.claims.IssuedAt != nil && p.claims.ExpiresAt != nil && p.claims.NotBefore == nil {
		s.proofs.Set(sha256.Sum256([]byte(token)), p)
	}
}
