package identity

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
)

// SignUpPayload is the result of signUp.
type SignUpPayload struct {
	eventlog.Receipt
	Session   *AuthSession
	User      *entgen.User
	Workspace *entgen.Workspace
}

// SignInPayload is the result of signIn.
type SignInPayload struct {
	eventlog.Receipt
	Session *AuthSession
	User    *entgen.User
}

// RefreshSessionPayload is the result of refreshSession.
type RefreshSessionPayload struct {
	eventlog.Receipt
	Session *AuthSession
}

// SignOutPayload is the result of signOut.
type SignOutPayload struct {
	eventlog.Receipt
	EndedSessions int
}

// RevokeSessionPayload is the result of revokeSession.
type RevokeSessionPayload struct {
	eventlog.Receipt
	SessionID *string
}

// ChangePasswordPayload is the result of changePassword.
type ChangePasswordPayload struct {
	eventlog.Receipt
	EndedSessions int
}

// UpdateProfilePayload is the result of updateProfile.
type UpdateProfilePayload struct {
	eventlog.Receipt
	User *entgen.User
}
