package identity

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"karnak/ent/entgen"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// AuthSession is the tokens of a session.
type AuthSession struct {
	ID           string
	AccessToken  string
	RefreshToken string
	ExpiresAt    time.Time
}

const audience = "karnak"

// tokens returns the pair of a session's present generation. It is the same for the same generation, so that two tabs
// that refresh at once get the same pair. The key is taken before the change begins: to make a new one is a change itself.
func (s *Service) tokens(k *key, x *entgen.Session) (*AuthSession, error) {
	expires := x.RotatedAt.Add(s.AccessTTL)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": s.Issuer, "aud": audience, "sub": x.UserID, "sid": x.ID, "gen": x.Generation,
		"iat": x.RotatedAt.Unix(), "exp": expires.Unix(),
	})
	t.Header["kid"] = k.id
	signed, err := t.SignedString(k.private)
	if err != nil {
		return nil, err
	}
	return &AuthSession{ID: x.ID, AccessToken: signed, RefreshToken: s.refreshToken(x.ID, x.Generation), ExpiresAt: expires.Truncate(time.Second)}, nil
}

const refreshPrefix = "krt_"

func (s *Service) refreshToken(sessionID string, generation int) string {
	gen := strconv.Itoa(generation)
	tag := s.refresh.Tag([]byte(sessionID), []byte(gen))
	return refreshPrefix + sessionID + "." + gen + "." + base64.RawURLEncoding.EncodeToString(tag)
}

// readRefresh returns the session and the generation of a refresh token; ok is false for anything karnak did not make.
func (s *Service) readRefresh(token string) (sessionID string, generation int, ok bool) {
	rest, found := strings.CutPrefix(token, refreshPrefix)
	parts := strings.Split(rest, ".")
	if !found || len(parts) != 3 || !id.Valid(id.Session, parts[0]) {
		return "", 0, false
	}
	tag, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !s.refresh.Verify(tag, []byte(parts[0]), []byte(parts[1])) {
		return "", 0, false
	}
	generation, err = strconv.Atoi(parts[1])
	// Of the ways to write the same tag only one was given out.
	return parts[0], generation, err == nil && token == s.refreshToken(parts[0], generation)
}

type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// bad is the one answer to a token that is not good, whatever is wrong with it.
func bad() error {
	return fault.New(fault.Unauthenticated, "The access token is not valid or has ended: sign in, or refresh the session.")
}

// maxToken bounds what is read as a token.
const maxToken = 4096

// readAccess checks an access token and returns its claims.
func (s *Service) readAccess(ctx context.Context, token string) (*claims, error) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return nil, bad()
	}
	if c := s.proven(ctx, token); c != nil {
		return c, nil
	}
	c, p := &claims{}, proof{}
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(s.Issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.Clock.Now),
	).ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		if t.Header["crit"] != nil {
			return nil, jwt.ErrTokenUnverifiable
		}
		p.kid, _ = t.Header["kid"].(string)
		var err error
		p.public, err = s.keys.verifying(ctx, p.kid)
		return p.public, err
	})
	if err != nil || !id.Valid(id.Session, c.Session) || !id.Valid(id.User, c.Subject) {
		return nil, bad()
	}
	p.claims = c
	s.prove(token, p)
	return c, nil
}
