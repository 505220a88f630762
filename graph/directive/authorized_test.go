package directive_test

import (
	"context"
	"testing"

	"karnak/authz"
	"karnak/graph/directive"
	"karnak/internal/platform/fault"
)

func TestAuthorized(t *testing.T) {
	t.Parallel()
	read, none := "chat:read", (*string)(nil)
	somebody := &authz.Actor{UserID: "user_a"}
	cases := []struct {
		name       string
		actor      *authz.Actor
		permission *string
		refusal    error
		asked, ran bool
		code       fault.Code
	}{
		{"anonymous, without a permission", nil, none, nil, false, false, fault.Unauthenticated},
		{"anonymous, with one", nil, &read, nil, false, false, fault.Unauthenticated},
		{"signed in is enough", somebody, none, fault.Denied(read), false, true, ""},
		{"holds the permission", somebody, &read, nil, true, true, ""},
		{"lacks the permission", somebody, &read, fault.Denied(read), true, false, fault.Forbidden},
		{"must not know of the object", somebody, &read, fault.Absent(), true, false, fault.NotFound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked, ran bool
			object := new(int)
			f := directive.Authorized(func(_ context.Context, o any, p authz.Permission) error {
				if asked = true; o != object || string(p) != read {
					t.Errorf("asked for %s on %v", p, o)
				}
				return c.refusal
			})
			ctx := t.Context()
			if c.actor != nil {
				ctx = authz.WithActor(ctx, c.actor)
			}
			got, err := f(ctx, object, func(context.Context) (any, error) { ran = true; return "the field", nil }, c.permission)
			if asked != c.asked || ran != c.ran {
				t.Errorf("asked %v, ran %v", asked, ran)
			}
			if c.ran && (err != nil || got != "the field") || !c.ran && (got != nil || fault.CodeOf(err) != c.code) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
