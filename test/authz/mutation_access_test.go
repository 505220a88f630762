package authz_test

import (
	"fmt"
	"testing"
	"time"

	"karnak/internal/app/apptest"
)

func accessProviders() map[string]provider {
	role := func(t *testing.T, w *world) string {
		input := apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprintf("role-%d", w.number()), "parents": []string{"user"}}
		return w.run(t, w.owner, "createRole", "role { id }", input).Text("createRole.role.id")
	}
	return map[string]provider{
		"assignRole": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userId": w.member(t).id, "role": "pro"})
		},
		"assignRole@self": func(_ *testing.T, w *world, p person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userId": p.id, "role": "admin"})
		},
		"assignRole@superAdmin": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userId": w.member(t).id, "role": "superAdmin"})
		},
		"createRole": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprintf("role-%d", w.number()), "allow": []string{"chat:read"}})
		},
		"createRole@platform": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "name": "beyond", "allow": []string{"admin:system"}})
		},
		"createRole@builtIn": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "name": "admin", "allow": []string{"chat:read"}})
		},
		"updateRole": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"roleId": role(t, w), "allow": []string{"chat:delete"}})
		},
		"deleteRole": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"roleId": role(t, w)})
		},
		"grantPermission": func(t *testing.T, w *world, _ person) attempt {
			return given(granting(w, w.member(t).id, "chat:delete"))
		},
		"grantPermission@self": func(_ *testing.T, w *world, p person) attempt {
			return given(granting(w, p.id, "chat:delete"))
		},
		"grantPermission@platform": func(t *testing.T, w *world, _ person) attempt {
			return given(granting(w, w.member(t).id, "admin:system"))
		},
		"grantPermission@message": func(t *testing.T, w *world, _ person) attempt {
			input := granting(w, w.member(t).id, "chat:delete")
			input["objectId"] = w.ids["message"]
			return given(input)
		},
		"revokeGrant": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"grantId": w.grant(t, w.owner, w.member(t), w.ids["workspace"], "chat:delete", "", time.Hour)})
		},
	}
}

func granting(w *world, userID, permission string) apptest.Vars {
	return apptest.Vars{
		"workspaceId": w.ids["workspace"], "userId": userID, "permission": permission, "reason": "for the test",
		"expiresAt": w.now().Add(time.Hour).Format(time.RFC3339),
	}
}
