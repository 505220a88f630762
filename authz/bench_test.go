package authz_test

import (
	"fmt"
	"testing"
	"time"

	"karnak/authz"
)

// rules returns roles with the given number of rules in all, ten to a role, in lines of ten roles.
func rules(n int) []authz.RoleDef {
	all := authz.All()
	own := make([]authz.RoleDef, n/10)
	for i := range own {
		own[i].Name = fmt.Sprintf("role-%d", i)
		if i%10 > 0 {
			own[i].Parents = []string{own[i-1].Name}
		}
		for j := range 9 {
			if p := all[(i+j)%len(all)].Name; !p.Platform() {
				own[i].Allow = append(own[i].Allow, string(p))
			} else {
				own[i].Allow = append(own[i].Allow, "chat:*")
			}
		}
		own[i].Deny = []string{"user:delete"}
	}
	return own
}

func BenchmarkAllowsAt100000Rules(b *testing.B) {
	p := compile(b, rules(100_000)...)
	grants := make([]authz.Grant, 8)
	for i := range grants {
		grants[i] = authz.Grant{
			ID: fmt.Sprint("grant_", i), Permission: authz.AdminBilling, ObjectID: fmt.Sprint("chan_", i), ExpiresAt: noon.Add(time.Hour),
		}
	}
	a := access(b, authz.AccessConfig{Policy: p, Role: "role-9999", Grants: grants})
	plain := access(b, authz.AccessConfig{Policy: p, Role: "user", Grants: grants})
	for _, bb := range []struct {
		name string
		a    *authz.Access
		p    authz.Permission
		want bool
	}{
		{"role", a, authz.ChatRead, true},
		{"denied", a, authz.UserDelete, false},
		{"last of eight grants", plain, authz.AdminBilling, true},
		{"nothing", plain, authz.AdminAccess, false},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if bb.a.Allows(bb.p, noon, "msg_1", "chan_7", "ws_1") != bb.want {
					b.Fatal("wrong answer")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{0, 100, 10_000, 100_000} {
		own := rules(n)
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := authz.Compile(own); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewAccess(b *testing.B) {
	p := compile(b)
	b.ReportAllocs()
	for b.Loop() {
		access(b, authz.AccessConfig{Policy: p, Role: "user"})
	}
}

func BenchmarkExplain(b *testing.B) {
	a := access(b, authz.AccessConfig{Policy: compile(b), Role: "user"})
	b.ReportAllocs()
	for b.Loop() {
		a.Explain(authz.AdminUsers, noon, "ws_1")
	}
}

func BenchmarkVerifyOneRoleOfTwenty(b *testing.B) {
	p := compile(b, rules(200)...)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Verify("role-19"); err != nil {
			b.Fatal(err)
		}
	}
}
