package authz_test

import (
	"slices"
	"strings"
	"testing"

	"karnak/authz"
)

func TestAllIsSortedAndDescribed(t *testing.T) {
	t.Parallel()
	all := authz.All()
	if !slices.IsSortedFunc(all, func(a, b authz.Info) int { return strings.Compare(string(a.Name), string(b.Name)) }) {
		t.Error("the registry is not sorted by name")
	}
	seen := map[authz.Permission]bool{}
	for _, info := range all {
		if seen[info.Name] {
			t.Errorf("%s is there twice", info.Name)
		}
		seen[info.Name] = true
		if !strings.HasSuffix(info.Description, ".") {
			t.Errorf("%s: description %q is no sentence", info.Name, info.Description)
		}
		if segments := strings.Split(string(info.Name), ":"); len(segments) < 2 || slices.Contains(segments, "") || slices.Contains(segments, "*") {
			t.Errorf("%s is not of the form resource:action", info.Name)
		}
		if !authz.Known(string(info.Name)) {
			t.Errorf("%s is not known", info.Name)
		}
		if info.Platform != info.Name.Platform() {
			t.Errorf("%s: platform differs", info.Name)
		}
	}
	all[0].Name = "changed"
	if authz.All()[0].Name == "changed" {
		t.Error("All hands out the registry itself")
	}
}

func TestKnownRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "*", "chat:*", "chat", "chat:read:", ":chat:read", "Chat:read", "chat:read:all:more", "chat:read ", "admin"} {
		if authz.Known(name) {
			t.Errorf("%q is known", name)
		}
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []authz.Permission
	}{
		{"*", []authz.Permission{"chat:read", "chat:read:all", "chat"}, []authz.Permission{""}},
		{"chat:*", []authz.Permission{"chat:read", "chat:read:all"}, []authz.Permission{"chat", "chats:read", "user:read"}},
		{"chat:read:*", []authz.Permission{"chat:read:all"}, []authz.Permission{"chat:read", "chat:write"}},
		{"*:read", []authz.Permission{"chat:read", "user:read"}, []authz.Permission{"chat:read:all", "chat:write", "read"}},
		{"*:read:*", []authz.Permission{"chat:read:all"}, []authz.Permission{"chat:read"}},
		{"*:*", []authz.Permission{"chat:read", "chat:read:all"}, []authz.Permission{"chat"}},
		{"chat:read", []authz.Permission{"chat:read"}, []authz.Permission{"chat:read:all", "chat:reads", "chat"}},
		{"chat:re*", nil, []authz.Permission{"chat:read"}},
		{"cha*", nil, []authz.Permission{"chat:read"}},
		{"**", nil, []authz.Permission{"chat:read"}},
		{"chat:", nil, []authz.Permission{"chat:read", "chat"}},
		{":read", nil, []authz.Permission{"chat:read"}},
		{"", nil, []authz.Permission{"chat:read", ""}},
		{"chat:.*", nil, []authz.Permission{"chat:read"}},
	}
	for _, tt := range tests {
		for _, p := range tt.yes {
			if !authz.Covers(tt.pattern, p) {
				t.Errorf("%q does not cover %q", tt.pattern, p)
			}
		}
		for _, p := range tt.no {
			if authz.Covers(tt.pattern, p) {
				t.Errorf("%q covers %q", tt.pattern, p)
			}
		}
	}
}

func TestMatchingLeavesThePlatformOut(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]authz.Set{
		"chat:*":       authz.SetOf(authz.ChatDelete, authz.ChatRead, authz.ChatReadAll, authz.ChatWrite),
		"api:*":        authz.SetOf(authz.APIRead, authz.APIWrite),
		"admin:*":      authz.SetOf(authz.AdminAccess, authz.AdminBilling, authz.AdminUsers),
		"admin:system": {},
		"nothing:*":    {},
	} {
		if got := authz.Matching(pattern); got != want {
			t.Errorf("%s: got %v, want %v", pattern, got.Permissions(), want.Permissions())
		}
	}
	if all := authz.Matching("*"); all.Len() != len(authz.All())-2 || all.Has(authz.AdminSystem) || all.Has(authz.APIAdmin) {
		t.Errorf("*: got %v", all.Permissions())
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	a := authz.SetOf(authz.ChatRead, authz.UserRead, "no:such")
	b := authz.SetOf(authz.ChatRead)
	if a.Len() != 2 || !a.Has(authz.UserRead) || a.Has("no:such") || a.Has(authz.ChatWrite) {
		t.Errorf("a is %v", a.Permissions())
	}
	if !a.Contains(b) || b.Contains(a) || !b.Contains(authz.Set{}) {
		t.Error("containing is wrong")
	}
	if got := a.Minus(b); got != authz.SetOf(authz.UserRead) {
		t.Errorf("minus is %v", got.Permissions())
	}
	if got := b.Union(authz.SetOf(authz.UserRead)); got != a {
		t.Errorf("union is %v", got.Permissions())
	}
	if got := a.Permissions(); !slices.Equal(got, []authz.Permission{authz.ChatRead, authz.UserRead}) {
		t.Errorf("permissions are %v", got)
	}
	if !a.Minus(a).Empty() || a.Empty() {
		t.Error("emptiness is wrong")
	}
}
