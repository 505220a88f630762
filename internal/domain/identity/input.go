package identity

import (
	"strings"
	"unicode/utf8"

	"karnak/internal/platform/fault"
)

// SignUpInput is the input of signUp.
type SignUpInput struct {
	ClientMutationID *string
	Email            string
	Password         string
	DisplayName      string
}

func (in *SignUpInput) validate() error {
	var i fault.Issues
	i.Email("email", in.Email)
	password(&i, "password", in.Password)
	in.DisplayName = strings.TrimSpace(in.DisplayName)
	i.Text("displayName", in.DisplayName, 1, 80, false)
	return i.Err()
}

// SignInInput is the input of signIn.
type SignInInput struct {
	ClientMutationID *string
	Email            string
	Password         string
}

// RefreshSessionInput is the input of refreshSession.
type RefreshSessionInput struct {
	ClientMutationID *string
	RefreshToken     string
}

// SignOutInput is the input of signOut.
type SignOutInput struct {
	ClientMutationID *string
	Everywhere       bool
}

// RevokeSessionInput is the input of revokeSession.
type RevokeSessionInput struct {
	ClientMutationID *string
	SessionID        string
}

// ChangePasswordInput is the input of changePassword.
type ChangePasswordInput struct {
	ClientMutationID *string
	CurrentPassword  string
	NewPassword      string
}

func (in *ChangePasswordInput) validate() error {
	var i fault.Issues
	password(&i, "newPassword", in.NewPassword)
	return i.Err()
}

// UpdateProfileInput is the input of updateProfile.
type UpdateProfileInput struct {
	ClientMutationID *string
	DisplayName      string
}

func (in *UpdateProfileInput) validate() error {
	var i fault.Issues
	in.DisplayName = strings.TrimSpace(in.DisplayName)
	i.Text("displayName", in.DisplayName, 1, 80, false)
	return i.Err()
}

// EmailKey returns an address as it is compared.
func EmailKey(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func password(i *fault.Issues, field, p string) {
	switch n := utf8.RuneCountInString(p); {
	case n < 10:
		i.Add(fault.TooShort, field, "A password has at least 10 characters.")
	case n > 256 || len(p) > 1024:
		i.Add(fault.TooLong, field, "A password has at most 256 characters.")
	}
}
