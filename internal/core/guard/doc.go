// Package guard answers who may do what, from the permission sets of package authz: it loads a subject's role and grants
// once, keeps the set while nothing changes, and is the first line of every service. A change of a role, a grant or a
// membership drops what is kept before it is acknowledged, and on other nodes as soon as they hear of it.
//
// It reads the tables members, custom_roles, grants and workspaces, and owns none of them.
package guard
