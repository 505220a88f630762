// Package workspace is tenants and who belongs to them: creating, inviting, joining, leaving, removing.
//
// It owns the tables workspaces, members and invitations, and the events workspace.*. Which role a member has is changed
// by domain access. user:read lists members; admin:users invites and removes; admin:access renames.
package workspace
