package world

import (
	"fmt"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

func accessProviders() map[string]Provider {
	role := func(t *testing.T, w *World) string {
		input := apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprintf("role-%d", w.Number()), "parents": []string{"user"}}
		return w.Run(t, w.Owner, "createRole", "role { id }", input).Text("createRole.role.id")
	}
	return map[string]Provider{
		"assignRole": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": w.Member(t).ID, "role": "pro"})
		},
		"assignRole@self": func(_ *testing.T, w *World, p Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": p.ID, "role": "admin"})
		},
		"assignRole@superAdmin": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userId": w.Member(t).ID, "role": "superAdmin"})
		},
		"createRole": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprintf("role-%d", w.Number()), "allow": []string{"chat:read"}})
		},
		"createRole@platform": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "name": "beyond", "allow": []string{"admin:system"}})
		},
		"createRole@builtIn": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "name": "admin", "allow": []string{"chat:read"}})
		},
		"updateRole": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"roleId": role(t, w), "allow": []string{"chat:delete"}})
		},
		"deleteRole": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"roleId": role(t, w)})
		},
		"grantPermission": func(t *testing.T, w *World, _ Person) Attempt {
			return given(Granting(w, w.Member(t).ID, "chat:delete"))
		},
		"grantPermission@self": func(_ *testing.T, w *World, p Person) Attempt {
			return given(Granting(w, p.ID, "chat:delete"))
		},
		"grantPermission@platform": func(t *testing.T, w *World, _ Person) Attempt {
			return given(Granting(w, w.Member(t).ID, "admin:system"))
		},
		"grantPermission@message": func(t *testing.T, w *World, _ Person) Attempt {
			input := Granting(w, w.Member(t).ID, "chat:delete")
			input["objectId"] = w.IDs["message"]
			return given(input)
		},
		"revokeGrant": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"grantId": w.Grant(t, w.Owner, w.Member(t), w.IDs["workspace"], "chat:delete", "", time.Hour)})
		},
	}
}

// Granting is the input that grants a user a permission in the workspace for an hour.
func Granting(w *World, userID, permission string) apptest.Vars {
	return apptest.Vars{
		"workspaceId": w.IDs["workspace"], "userId": userID, "permission": permission, "reason": "for the test",
		"expiresAt": w.Now().Add(time.Hour).Format(time.RFC3339),
	}
}
