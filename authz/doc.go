// Package authz decides who may do what in a workspace.
//
// It owns the names of all permissions, the built-in roles, what makes a workspace's own roles valid, the Casbin model
// that defines a decision, the permission sets that decisions are answered from, grants that end, the explanation of a
// decision, and the actor that a context carries.
//
// It does not own any storage, the version by which sets are thrown away, the rules about who may change roles and
// grants (it gives the comparisons they need: Policy.AtMost, Gained, Access.Held), nor whether an object can be seen at
// all. It reads no clock: every answer that time can change takes the instant it is asked for.
//
// A decision, in this order:
//
//  1. Without an Access, or for an unknown permission: no. An unknown or faulty role allows and denies nothing.
//  2. What the role or a role it inherits from denies: no. Nothing lifts a denial, neither another parent nor a grant.
//  3. What the role or a role it inherits from allows: yes.
//  4. What a grant gives that has not ended and whose object is the one asked about or contains it: yes.
//  5. Anything else: no.
//
// The roles of a workspace are compiled once, by Compile, to one Set per role; Access.Allows looks a bit up and walks the
// subject's grants, so its cost does not depend on the number of roles or rules. The Casbin model in model.conf is the
// definition: NewEnforcer builds it from the same roles, Policy.Verify compares the two.
//
// # Adding a room's permissions
//
// A room adds its family in four places, all in this package: a constant in permission.go and, in order of name, its row
// in the registry; the pattern in the rules of the built-in role that gets it (role.go), with a sentence in the room's
// own doc.go; and a row per permission in the truth table of role_test.go, which fails without it. A permission that
// belongs to the platform and not to a workspace is marked so in the registry: then only superAdmin has it, and no
// pattern of a workspace's own role covers it. Names are never given a new meaning: stored roles and grants hold them.
package authz
