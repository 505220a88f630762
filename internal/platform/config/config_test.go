package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/config"
)

const goodSecret = "9f3c61b07ad24e8815c0de7f42a96b3d5e71f8042c9ab6d3370e1f58a4c2d9b6"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "karnak.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keys returns the keys of the faults of an error.
func keys(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("not Faults: %v", err)
	}
	var out []string
	for _, f := range faults {
		out = append(out, f.Key)
	}
	return out
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	dev, err := config.Load(nil, []string{"PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Profile: config.Development, Addr: "127.0.0.1:8080", DataDir: "karnak-data", LogLevel: slog.LevelInfo,
		Playground: true, Introspection: true, AccessTTL: 15 * time.Minute, RefreshTTL: 30 * 24 * time.Hour,
		LimitBody: 128 << 10, LimitTokens: 1000, LimitDepth: 12, LimitAliases: 30, LimitCost: 10000, LimitPage: 100,
		LimitSubscriptions: 100, LimitStreams: 1000, RequestTimeout: 10 * time.Second, ShutdownGrace: 20 * time.Second,
		SQLiteReaders: 4, PostgresPool: 8, RLS: true, ToolRuns: 4,
		OpenAIName: "openai", OpenAIModels: []string{"gpt-4.1-mini@1047576/32768"}, AnthropicName: "anthropic", AnthropicModels: []string{"claude-sonnet-4-5@200000/32000"}, LLMTwin: true,
	}
	if !reflect.DeepEqual(*dev, want) {
		t.Errorf("got  %+v\nwant %+v", *dev, want)
	}
	if dev.Postgres() || dev.SQLitePath() != "karnak-data/karnak.db" || dev.SecretPath() != "karnak-data/secret" {
		t.Error("paths of the embedded store are wrong")
	}
	prod, err := config.Load([]string{"--profile=production"}, []string{"KARNAK_SECRET=" + goodSecret})
	if err != nil {
		t.Fatal(err)
	}
	if prod.Addr != ":8080" || prod.Playground || prod.Introspection || prod.LLMTwin || !prod.Production() {
		t.Errorf("production: %+v", *prod)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := write(t, "profile: production\nsecret: "+goodSecret+"\nlimit_page: 10\nlimit_depth: 7\naddr: 127.0.0.1:1\ncors_origins: [https://a.example, https://b.example]\n")
	c, err := config.Load(
		[]string{"--config", file, "--limit-page", "30", "--playground=false"},
		[]string{"KARNAK_LIMIT_PAGE=20", "KARNAK_LIMIT_DEPTH=8", "KARNAK_TEST_POSTGRES=x", "KARNAK_TRUSTED_PROXIES=10.0.0.0/8, ::1/128"})
	if err != nil {
		t.Fatal(err)
	}
	if c.LimitPage != 30 || c.LimitDepth != 8 || c.Addr != "127.0.0.1:1" || c.Introspection || c.LimitAliases != 30 {
		t.Errorf("%+v", *c)
	}
	if !reflect.DeepEqual(c.CORSOrigins, []string{"https://a.example", "https://b.example"}) {
		t.Errorf("origins %v", c.CORSOrigins)
	}
	if !reflect.DeepEqual(c.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}) {
		t.Errorf("proxies %v", c.TrustedProxies)
	}
	byEnv, err := config.Load(nil, []string{"KARNAK_CONFIG=" + write(t, `{"addr": ":9", "playground": false, "limit_body": "1MiB"}`)})
	if err != nil || byEnv.Addr != ":9" || byEnv.Playground || byEnv.LimitBody != 1<<20 || byEnv.Profile != config.Development {
		t.Errorf("%+v %v", byEnv, err)
	}
	if on, err := config.Load([]string{"--seed-demo"}, nil); err != nil || !on.SeedDemo {
		t.Errorf("a flag without value: %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	file := func(text string) string { return "KARNAK_CONFIG=" + write(t, text) }
	production := "KARNAK_PROFILE=production"
	cases := []struct {
		name string
		env  []string
		keys []string
		says string
	}{
		{"unknown key", []string{"KARNAK_DATABSE_URL=x"}, []string{"KARNAK_DATABSE_URL"}, "did you mean KARNAK_DATABASE_URL?"},
		{"unknown key like no other", []string{"KARNAK_ZZZZZZZZZZZZ=x"}, []string{"KARNAK_ZZZZZZZZZZZZ"}, "no such key"},
		{"unknown file key", []string{file("databse_url: x")}, []string{"databse_url"}, "did you mean database_url?"},
		{"nested file", []string{file("addr: {host: x}")}, []string{"KARNAK_ADDR"}, "one value"},
		{"file of a list", []string{file("- a")}, []string{"KARNAK_CONFIG"}, "neither YAML nor JSON"},
		{"missing file", []string{"KARNAK_CONFIG=/nowhere/at.all"}, []string{"KARNAK_CONFIG"}, "no such file"},
		{"bad duration", []string{"KARNAK_ACCESS_TTL=fifteen"}, []string{"KARNAK_ACCESS_TTL"}, "not a duration"},
		{"negative duration", []string{"KARNAK_REQUEST_TIMEOUT=-1s"}, []string{"KARNAK_REQUEST_TIMEOUT"}, "not between"},
		{"bad number in file", []string{file("limit_page: many")}, []string{"KARNAK_LIMIT_PAGE"}, "not a whole number"},
		{"number out of range", []string{"KARNAK_LIMIT_PAGE=0"}, []string{"KARNAK_LIMIT_PAGE"}, "between 1 and 1000"},
		{"bad size", []string{"KARNAK_LIMIT_BODY=12 parsecs"}, []string{"KARNAK_LIMIT_BODY"}, "not a size"},
		{"size that overflows", []string{"KARNAK_LIMIT_BODY=9999999999999GiB"}, []string{"KARNAK_LIMIT_BODY"}, "not a size"},
		{"bad boolean", []string{"KARNAK_PLAYGROUND=perhaps"}, []string{"KARNAK_PLAYGROUND"}, "neither true nor false"},
		{"bad level", []string{"KARNAK_LOG_LEVEL=loud"}, []string{"KARNAK_LOG_LEVEL"}, "none of debug"},
		{"bad profile", []string{"KARNAK_PROFILE=staging"}, []string{"KARNAK_PROFILE"}, "neither development nor production"},
		{"bad network", []string{"KARNAK_TRUSTED_PROXIES=10.0.0.0"}, []string{"KARNAK_TRUSTED_PROXIES"}, "not a network"},
		{"bad address", []string{"KARNAK_ADDR=localhost"}, []string{"KARNAK_ADDR"}, "not an address"},
		{"bad port", []string{"KARNAK_ADDR=localhost:70000"}, []string{"KARNAK_ADDR"}, "not an address"},
		{"empty directory", []string{"KARNAK_DATA_DIR="}, []string{"KARNAK_DATA_DIR"}, "Name a directory"},
		{"other database", []string{"KARNAK_DATABASE_URL=mysql://h/d"}, []string{"KARNAK_DATABASE_URL"}, "postgres://"},
		{"database without name", []string{"KARNAK_DATABASE_URL=postgres://h/"}, []string{"KARNAK_DATABASE_URL"}, "postgres://"},
		{"broken URL", []string{"KARNAK_DATABASE_URL=postgres://u:hunter2@h:x/d"}, []string{"KARNAK_DATABASE_URL"}, "postgres://"},
		{"bad bus", []string{"KARNAK_NATS_URL=nats://ok:4222,ftp://h"}, []string{"KARNAK_NATS_URL"}, "nats://"},
		{"bus of nobody", clustered("KARNAK_BUS_LISTEN=10.0.0.1"), []string{"KARNAK_BUS_LISTEN"}, "10.0.0.1:6222"},
		{"bus on any port", clustered("KARNAK_BUS_LISTEN=:0"), []string{"KARNAK_BUS_LISTEN"}, "the other nodes know"},
		{"bus on the API's port", clustered("KARNAK_BUS_LISTEN=127.0.0.1:8080"), []string{"KARNAK_BUS_LISTEN"}, "a port of its own"},
		{"routes to nowhere", clustered("KARNAK_BUS_LISTEN=:6222", "KARNAK_BUS_ROUTES=a:6222,:6222"), []string{"KARNAK_BUS_ROUTES"}, "10.0.0.2:6222"},
		{"routes from nowhere", clustered("KARNAK_BUS_ROUTES=a:6222"), []string{"KARNAK_BUS_ROUTES"}, "KARNAK_BUS_LISTEN"},
		{
			"cluster of nothing in common",
			[]string{"KARNAK_BUS_LISTEN=:6222", "KARNAK_BUS_ROUTES=nats://a", "KARNAK_NATS_URL=nats://h:4222"},
			[]string{"KARNAK_BUS_ROUTES", "KARNAK_DATABASE_URL", "KARNAK_NATS_URL", "KARNAK_SECRET"}, "4 faults",
		},
		{"bad origin", []string{"KARNAK_CORS_ORIGINS=example.com"}, []string{"KARNAK_CORS_ORIGINS"}, "not an origin"},
		{"refresh under access", []string{"KARNAK_ACCESS_TTL=1h", "KARNAK_REFRESH_TTL=30m"}, []string{"KARNAK_REFRESH_TTL"}, "shorter"},
		{"short retention", []string{"KARNAK_EVENT_RETENTION=1m"}, []string{"KARNAK_EVENT_RETENTION"}, "under 1h"},
		{"no tool may run", []string{"KARNAK_TOOL_RUNS=0"}, []string{"KARNAK_TOOL_RUNS"}, "not between 1 and 256"},
		{"little memory", []string{"KARNAK_MEMORY_LIMIT=1MiB"}, []string{"KARNAK_MEMORY_LIMIT"}, "under 32MiB"},
		{"key of 128 bits", []string{"KARNAK_SECRET=" + goodSecret[:32]}, []string{"KARNAK_SECRET"}, "128 bits"},
		{"key of 192 bits", []string{"KARNAK_SECRET=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ"}, []string{"KARNAK_SECRET"}, "192 bits"},
		{"key of one byte", []string{"KARNAK_SECRET=" + strings.Repeat("ab", 32)}, []string{"KARNAK_SECRET"}, "guessed"},
		{"key of a pattern", []string{"KARNAK_SECRET=" + strings.Repeat("9f3c61b07ad24e8815c0de7f42a96b3d", 2)}, []string{"KARNAK_SECRET"}, "guessed"},
		{"placeholder", []string{"KARNAK_SECRET=please changeme before going live, ok?"}, []string{"KARNAK_SECRET"}, "guessed"},
		{"production, empty", []string{production}, []string{"KARNAK_SECRET"}, "needs a secret"},
		{
			"production, open",
			[]string{production, "KARNAK_PLAYGROUND=on", "KARNAK_INTROSPECTION=1", "KARNAK_CORS_ORIGINS=*", "KARNAK_SEED_DEMO=yes", "KARNAK_EGRESS_PRIVATE=on", "KARNAK_SECRET=" + goodSecret},
			[]string{"KARNAK_CORS_ORIGINS", "KARNAK_EGRESS_PRIVATE", "KARNAK_INTROSPECTION", "KARNAK_PLAYGROUND", "KARNAK_SEED_DEMO"}, "5 faults",
		},
		{
			"all at once",
			[]string{file("nats_url: ':'\nnope: 1"), "KARNAK_ACCES_TTL=1", "KARNAK_ADDR=x", "KARNAK_LIMIT_COST=x", "KARNAK_SECRET=short"},
			[]string{"KARNAK_ACCES_TTL", "KARNAK_ADDR", "KARNAK_LIMIT_COST", "KARNAK_NATS_URL", "KARNAK_SECRET", "nope"}, "6 faults",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(nil, c.env)
			if got := keys(t, err); !reflect.DeepEqual(got, c.keys) {
				t.Fatalf("keys %v, want %v: %v", got, c.keys, err)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q is not in: %v", c.says, err)
			}
			for _, private := range []string{"hunter2", goodSecret, "q83vEj", "changeme"} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("a secret is told: %v", err)
				}
			}
		})
	}
}

// clustered is an environment that is right for a cluster but for what is added.
func clustered(more ...string) []string {
	return append([]string{"KARNAK_DATABASE_URL=postgres://db/karnak", "KARNAK_SECRET=" + goodSecret}, more...)
}

func TestCluster(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil, clustered("KARNAK_BUS_LISTEN=:6222", "KARNAK_BUS_ROUTES=a:6222, [::1]:6222"))
	if err != nil || c.BusListen != ":6222" || !reflect.DeepEqual(c.BusRoutes, []string{"a:6222", "[::1]:6222"}) {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestUnknownFlagKeepsTheOtherFaults(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"--adr=x"}, []string{"KARNAK_BOGUS=1"})
	if err == nil || !strings.Contains(err.Error(), "--adr") || !strings.Contains(err.Error(), "KARNAK_BOGUS") {
		t.Errorf("err = %v", err)
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{"--access-ttl=soon", "--log-level=loud", "--playground=maybe", "--limit-page=9", "--limit-page=many"},
		[]string{"KARNAK_LIMIT_PAGE=7", "KARNAK_LIMIT_DEPTH=deep"})
	want := []string{"KARNAK_ACCESS_TTL", "KARNAK_LIMIT_DEPTH", "KARNAK_LIMIT_PAGE", "KARNAK_LOG_LEVEL", "KARNAK_PLAYGROUND"}
	if got := keys(t, err); !reflect.DeepEqual(got, want) {
		t.Fatalf("keys %v, want %v: %v", got, want, err)
	}
	for _, says := range []string{"not a duration", "none of debug", "neither true nor false", "not a whole number"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not in: %v", says, err)
		}
	}
	if c, err := config.Load([]string{"--limit-page=many", "--limit-page=9"}, nil); err != nil || c.LimitPage != 9 {
		t.Errorf("the last flag counts: %v", err)
	}
}

func TestSecretForms(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0xff, 1}, 11)
	for name, text := range map[string]string{
		"hex":           fmt.Sprintf("%x", raw),
		"base64":        base64.StdEncoding.EncodeToString(raw),
		"base64 bare":   base64.RawStdEncoding.EncodeToString(raw),
		"base64 of URL": base64.URLEncoding.EncodeToString(raw) + "\n",
	} {
		if got := config.NewSecret(text).Bytes(); !bytes.Equal(got, raw) {
			t.Errorf("%s: %x", name, got)
		}
	}
	if text := "four words, each of them quite long"; string(config.NewSecret(text).Bytes()) != text {
		t.Error("a text was decoded")
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil, []string{"KARNAK_SECRET=" + goodSecret, "KARNAK_DATABASE_URL=postgres://kay:hunter2@db/karnak?sslpassword=hunter3", "KARNAK_NATS_URL=nats://n:hunter4@a:1,nats://b:2"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.DatabaseURL.Reveal(), "hunter2") || string(c.Secret.Bytes()) == "" {
		t.Fatal("the values themselves are lost")
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "secret", c.Secret, "url", c.DatabaseURL)
	enc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", *c, *c, *c), fmt.Sprint(c.Secret, c.DatabaseURL), log.String(), string(enc)} {
		if strings.Contains(s, "hunter") || strings.Contains(s, goodSecret) {
			t.Errorf("told: %s", s)
		}
	}
	if got := c.DatabaseURL.String(); got != "postgres://kay@db/karnak" {
		t.Errorf("address %q", got)
	}
}

func TestBytesString(t *testing.T) {
	t.Parallel()
	for n, want := range map[config.Bytes]string{0: "0", 1: "1B", 128 << 10: "128KiB", 3 << 20: "3MiB", 1<<20 + 1: "1048577B", 2 << 30: "2GiB"} {
		if got := n.String(); got != want {
			t.Errorf("%d: %q, want %q", int64(n), got, want)
		}
	}
}
