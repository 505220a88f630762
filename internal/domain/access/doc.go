// Package access changes who may do what, and explains it: roles of members, roles of a workspace's own, grants that end.
//
// It owns the tables custom_roles and grants, the column members.role, the events access.*, and the jobs that record the end
// of a grant. The permission sets themselves are of package authz, looking them up is of core/guard. admin:users assigns and
// grants, admin:access changes roles.
package access
