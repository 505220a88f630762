package config

import (
	"bytes"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MinSecret is the least length of the master secret: 256 bits.
const MinSecret = 32

// checker collects the faults of settings that could be read; a setting that could not is not judged again.
type checker struct {
	cfg    *Config
	faults Faults
	unread map[string]string
}

func (c *Config) check(unread map[string]string) Faults {
	k := &checker{cfg: c, unread: unread}
	k.address()
	k.urls()
	k.bus()
	k.secret()
	k.origins()
	k.models()
	k.numbers()
	k.durations()
	if c.Profile == Production {
		k.production()
	}
	return k.faults
}

func (k *checker) add(flag, format string, args ...any) {
	if _, ok := k.unread[flag]; !ok {
		k.faults.add(Key(flag), format, args...)
	}
}

func (k *checker) address() {
	if !hostPort(k.cfg.Addr) {
		k.add("addr", "%q is not an address like 127.0.0.1:8080 or :8080.", clip(k.cfg.Addr))
	}
	if k.cfg.DataDir == "" {
		k.add("data-dir", "Name a directory.")
	}
}

func hostPort(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	_, e := strconv.ParseUint(port, 10, 16)
	return err == nil && e == nil
}

// bus checks that nodes that are to find each other can, and have the same data and secret.
func (k *checker) bus() {
	c := k.cfg
	if c.BusListen == "" {
		if len(c.BusRoutes) > 0 {
			k.add("bus-routes", "Give KARNAK_BUS_LISTEN, too: the other nodes connect to it.")
		}
		return
	}
	switch {
	case !hostPort(c.BusListen) || strings.HasSuffix(c.BusListen, ":0"):
		k.add("bus-listen", "%q is not an address like 10.0.0.1:6222, with a port that the other nodes know.", clip(c.BusListen))
	case c.BusListen == c.Addr:
		k.add("bus-listen", "%s is KARNAK_ADDR already; the bus needs a port of its own.", clip(c.BusListen))
	}
	if c.NATSURL != "" {
		k.add("nats-url", "KARNAK_BUS_LISTEN is given, too: choose one bus.")
	}
	if !c.Postgres() {
		k.add("database-url", "Nodes that find each other by KARNAK_BUS_LISTEN share a PostgreSQL database: name it.")
	}
	if c.Secret.Empty() {
		k.add("secret", "Nodes know each other by their secret: give all of them the same.")
	}
	for _, r := range c.BusRoutes {
		if host, _, _ := net.SplitHostPort(r); !hostPort(r) || host == "" || strings.HasSuffix(r, ":0") {
			k.add("bus-routes", "%q is not an address like 10.0.0.2:6222.", clip(r))
		}
	}
}

// urls never repeats what was given: it may hold a password.
func (k *checker) urls() {
	if raw := k.cfg.DatabaseURL.Reveal(); raw != "" {
		u, err := url.Parse(raw)
		ok := err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Hostname() != "" && strings.Trim(u.Path, "/") != ""
		if !ok {
			k.add("database-url", "This is not an address like postgres://user:password@host:5432/database.")
		}
	}
	for _, raw := range list(k.cfg.NATSURL.Reveal()) {
		u, err := url.Parse(raw)
		if err != nil || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) || u.Hostname() == "" {
			k.add("nats-url", "This is not an address like nats://host:4222.")
		}
	}
}

// models checks the providers of language models.
func (k *checker) models() {
	c := k.cfg
	for flag, u := range map[string]URL{"openai-url": c.OpenAIURL, "anthropic-url": c.AnthropicURL} {
		if raw := u.Reveal(); raw != "" {
			x, err := url.Parse(raw)
			if err != nil || x.Scheme != "http" && x.Scheme != "https" || x.Hostname() == "" || x.User != nil || x.RawQuery != "" {
				k.add(flag, "This is not an address like https://api.example.com.")
			}
		}
	}
	k.providers()
	k.tiers()
	for _, x := range []struct {
		flag   string
		models []string
	}{{"openai-models", c.OpenAIModels}, {"anthropic-models", c.AnthropicModels}} {
		seen := map[string]bool{}
		for _, text := range x.models {
			m, err := ParseModel(text)
			if err != nil {
				k.add(x.flag, "%s.", err)
			} else if seen[m.Name] {
				k.add(x.flag, "%q is named twice.", clip(m.Name))
			}
			seen[m.Name] = true
		}
		if len(x.models) == 0 {
			k.add(x.flag, "Name a model at least.")
		}
	}
}

// tiers checks which models need which tier; that they are offered is checked where they are.
func (k *checker) tiers() {
	seen := map[string]bool{}
	for _, text := range k.cfg.ModelTiers {
		name, tier, _ := strings.Cut(text, "=")
		if !strings.Contains(name, "/") || !slices.Contains([]string{"SOLOPRENEUR", "STARTUP", "SME", "ENTERPRISE"}, tier) || seen[name] {
			k.add("model-tiers", "%q is not written like openai/gpt-4.1-mini=STARTUP, or names a model again; the tiers are SOLOPRENEUR, STARTUP, SME and ENTERPRISE.", clip(text))
		}
		seen[name] = true
	}
}

// providers checks the names of the providers: each has one of its own, whether it is asked or not.
func (k *checker) providers() {
	openai, anthropic := k.cfg.OpenAIName, k.cfg.AnthropicName
	for flag, name := range map[string]string{"openai-name": openai, "anthropic-name": anthropic} {
		if !provider.MatchString(name) {
			k.add(flag, "%q is not a name of a provider: small letters, digits and hyphens.", clip(name))
		}
	}
	if openai == anthropic {
		flag := "anthropic-name"
		if anthropic == "anthropic" {
			flag = "openai-name"
		}
		k.add(flag, "%q is the name of the other provider.", clip(openai))
	}
}

var provider = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

func (k *checker) secret() {
	if k.cfg.Secret.Empty() {
		return // development makes one; production refuses it below
	}
	b := k.cfg.Secret.Bytes()
	switch {
	case len(b) < MinSecret:
		k.add("secret", "The secret has %d bits; give at least 256, for example from: openssl rand -hex 32", len(b)*8)
	case guessable(b) || telltale(k.cfg.Secret.text):
		k.add("secret", "The secret can be guessed; give 32 random bytes, for example from: openssl rand -hex 32")
	}
}

// guessable tells keys of few different bytes or of one pattern over and over.
func guessable(b []byte) bool {
	seen := map[byte]bool{}
	for _, x := range b {
		seen[x] = true
	}
	if len(seen) < 12 {
		return true
	}
	for period := 1; period <= len(b)/2; period++ {
		if bytes.Equal(b[period:], b[:len(b)-period]) {
			return true
		}
	}
	return false
}

// telltale tells placeholders and demo values by their words.
func telltale(text string) bool {
	low := strings.ToLower(text)
	return slices.ContainsFunc([]string{
		"changeme", "change-me", "change_me", "karnak", "secret", "password", "example", "default", "0123456789", "abcdefghij",
	}, func(word string) bool { return strings.Contains(low, word) })
}

func (k *checker) origins() {
	for _, o := range k.cfg.CORSOrigins {
		if o == "*" {
			continue
		}
		u, err := url.Parse(o)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			k.add("cors-origins", "%q is not an origin like https://app.example.com.", clip(o))
		}
	}
}

func (k *checker) numbers() {
	c := k.cfg
	for _, n := range []struct {
		flag           string
		value, low, hi int64
	}{
		{"limit-body", int64(c.LimitBody), 1 << 10, 64 << 20},
		{"limit-tokens", int64(c.LimitTokens), 100, 100_000},
		{"limit-depth", int64(c.LimitDepth), 3, 100},
		{"limit-aliases", int64(c.LimitAliases), 1, 1000},
		{"limit-cost", int64(c.LimitCost), 100, 10_000_000},
		{"limit-page", int64(c.LimitPage), 1, 1000},
		{"limit-subscriptions", int64(c.LimitSubscriptions), 1, 10_000},
		{"limit-streams", int64(c.LimitStreams), 0, 1_000_000},
		{"tool-runs", int64(c.ToolRuns), 1, 256},
		{"sqlite-readers", int64(c.SQLiteReaders), 1, 256},
		{"postgres-pool", int64(c.PostgresPool), 2, 1000},
	} {
		if n.value < n.low || n.value > n.hi {
			k.add(n.flag, "%d is not between %d and %d.", n.value, n.low, n.hi)
		}
	}
	if c.MemoryLimit != 0 && c.MemoryLimit < 32<<20 {
		k.add("memory-limit", "%s is under 32MiB; 0 is for none.", c.MemoryLimit)
	}
}

func (k *checker) durations() {
	c := k.cfg
	for _, d := range []struct {
		flag           string
		value, low, hi time.Duration
	}{
		{"access-ttl", c.AccessTTL, time.Second, 24 * time.Hour},
		{"refresh-ttl", c.RefreshTTL, time.Second, 8784 * time.Hour},
		{"request-timeout", c.RequestTimeout, 100 * time.Millisecond, 5 * time.Minute},
		{"shutdown-grace", c.ShutdownGrace, 100 * time.Millisecond, 10 * time.Minute},
	} {
		if d.value < d.low || d.value > d.hi {
			k.add(d.flag, "%s is not between %s and %s.", d.value, d.low, d.hi)
		}
	}
	if c.EventRetention != 0 && c.EventRetention < time.Hour {
		k.add("event-retention", "%s is under 1h; 0 is for ever.", c.EventRetention)
	}
	if _, bad := k.unread["access-ttl"]; !bad && c.RefreshTTL < c.AccessTTL {
		k.add("refresh-ttl", "%s is shorter than the access token's %s.", c.RefreshTTL, c.AccessTTL)
	}
}

func (k *checker) production() {
	c := k.cfg
	if c.Secret.Empty() {
		k.add("secret", "Production needs a secret of 32 random bytes, for example from: openssl rand -hex 32")
	}
	if c.Playground {
		k.add("playground", "Production does not serve the playground.")
	}
	if c.Introspection {
		k.add("introspection", "Production does not answer introspection; /schema.graphql has the contract.")
	}
	if slices.Contains(c.CORSOrigins, "*") {
		k.add("cors-origins", "Production names its origins; * is refused.")
	}
	if c.EgressPrivate {
		k.add("egress-private", "Production lets nobody fetch from its own network.")
	}
	if c.SeedDemo {
		k.add("seed-demo", "Production takes no demo data.")
	}
}
