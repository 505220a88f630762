// Package config holds every setting of karnak in one typed struct. A setting comes from a flag, else from the environment
// (KARNAK_*), else from the file named by --config, else from the default of the profile. All faults are reported at once,
// each with the key of its setting, and no message ever holds a secret.
package config

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"
)

// Profile is the kind of installation; it decides on defaults and on what is refused.
type Profile string

// The profiles. Production refuses empty or known secrets, the playground, introspection, CORS "*" and demo data.
const (
	Development Profile = "development"
	Production  Profile = "production"
)

// Config is every setting. The tag `default` holds the default of development, `production` that of production where it
// differs. The key of a setting is KARNAK_ and its name in capitals; in the file it is the same name in lower case with
// underscores.
type Config struct {
	File string `name:"config" type:"setting" help:"File with settings, YAML or JSON: one level, keys as database_url."`

	Profile     Profile  `name:"profile" type:"setting" default:"development" help:"development or production."`
	Addr        string   `name:"addr" type:"setting" default:"127.0.0.1:8080" production:":8080" help:"Address to listen on, host:port."`
	DataDir     string   `name:"data-dir" type:"setting" default:"karnak-data" help:"Directory of the SQLite file, the lock and the development secret."`
	DatabaseURL URL      `name:"database-url" type:"setting" help:"postgres://user:password@host/database; empty for the SQLite file DATA_DIR/karnak.db."`
	NATSURL     URL      `name:"nats-url" type:"setting" help:"nats://host:4222, several separated by commas; empty for the bus inside the process."`
	BusListen   string   `name:"bus-listen" type:"setting" help:"Address for the other nodes' connections, host:port: the bus inside the process becomes one of a cluster. Needs DATABASE_URL and SECRET."`
	BusRoutes   []string `name:"bus-routes" type:"setting" help:"BUS_LISTEN of the other nodes, separated by commas; the own one among them does no harm."`
	Secret      Secret   `name:"secret" type:"setting" help:"Master secret, 32 random bytes or more as hex, base64 or text. Development makes one and keeps it in DATA_DIR/secret."`

	LogLevel slog.Level `name:"log-level" type:"setting" default:"info" help:"debug, info, warn or error."`

	Playground     bool           `name:"playground" type:"setting" default:"true" production:"false" help:"Serve GraphiQL at /."`
	Introspection  bool           `name:"introspection" type:"setting" default:"true" production:"false" help:"Answer introspection queries."`
	CORSOrigins    []string       `name:"cors-origins" type:"setting" help:"Origins that browsers may call from, separated by commas; * for all."`
	TrustedProxies []netip.Prefix `name:"trusted-proxies" type:"setting" help:"Networks (CIDR) whose X-Forwarded-For is believed, separated by commas."`

	AccessTTL      time.Duration `name:"access-ttl" type:"setting" default:"15m" help:"Life of an access token."`
	RefreshTTL     time.Duration `name:"refresh-ttl" type:"setting" default:"720h" help:"Life of a refresh token."`
	EventRetention time.Duration `name:"event-retention" type:"setting" default:"0s" help:"How long events are kept; 0 for ever."`

	LimitBody          Bytes `name:"limit-body" type:"setting" default:"128KiB" help:"Largest request body."`
	LimitTokens        int   `name:"limit-tokens" type:"setting" default:"1000" help:"Most lexical tokens of a document."`
	LimitDepth         int   `name:"limit-depth" type:"setting" default:"12" help:"Deepest nesting of fields."`
	LimitAliases       int   `name:"limit-aliases" type:"setting" default:"30" help:"Most aliases of an operation."`
	LimitCost          int   `name:"limit-cost" type:"setting" default:"10000" help:"Most cost points of an operation."`
	LimitPage          int   `name:"limit-page" type:"setting" default:"100" help:"Largest page of a list."`
	LimitSubscriptions int   `name:"limit-subscriptions" type:"setting" default:"100" help:"Most subscriptions open on one connection."`
	LimitStreams       int   `name:"limit-streams" type:"setting" default:"1000" help:"Most streams of events of one workspace on one node, for the tier SOLOPRENEUR; each tier above has ten times as many, ENTERPRISE no limit. 0 for no limit in any."`

	OpenAIURL       URL      `name:"openai-url" type:"setting" help:"Endpoint that speaks OpenAI's protocol, up to /v1: OpenAI's own where it is empty and a key is given, or Ollama's, vLLM's, OpenRouter's."`
	OpenAIKey       Secret   `name:"openai-api-key" type:"setting" help:"Key of that endpoint."`
	OpenAIName      string   `name:"openai-name" type:"setting" default:"openai" help:"What the API calls that provider; llmtwin, or llmtwin-…, for one that karnak twins runs."`
	OpenAIModels    []string `name:"openai-models" type:"setting" default:"gpt-4.1-mini@1047576/32768" help:"Models of that endpoint, separated by commas: name@context/answer=input/output/cached, the bounds in tokens, the prices in US dollars for a million; all but the name may be left out."`
	AnthropicURL    URL      `name:"anthropic-url" type:"setting" help:"Endpoint that speaks Anthropic's Messages API, without /v1; Anthropic's own where it is empty and a key is given."`
	AnthropicKey    Secret   `name:"anthropic-api-key" type:"setting" help:"Key of that endpoint."`
	AnthropicName   string   `name:"anthropic-name" type:"setting" default:"anthropic" help:"What the API calls that provider, as OPENAI_NAME."`
	AnthropicModels []string `name:"anthropic-models" type:"setting" default:"claude-sonnet-4-5@200000/32000" help:"Models of that endpoint, as OPENAI_MODELS."`
	ModelFallbacks  []string `name:"model-fallbacks" type:"setting" help:"Models that go on where others fail, in chains separated by commas: openai/gpt-4.1-mini>anthropic/claude-sonnet-4-5."`
	ModelTiers      []string `name:"model-tiers" type:"setting" help:"Models that need a workspace of a tier or of one above it, separated by commas: openai/gpt-4.1-mini=STARTUP."`
	LLMTwin         bool     `name:"llm-twin" type:"setting" default:"true" production:"false" help:"Have a stand-in answer that asks no model, where no provider of language models is given."`

	ToolRuns      int  `name:"tool-runs" type:"setting" default:"4" help:"Programs of tools that run on this node at a time; more wait."`
	EgressPrivate bool `name:"egress-private" type:"setting" default:"false" help:"Let tools fetch from loopback and private addresses, too; for development alone."`

	RequestTimeout time.Duration `name:"request-timeout" type:"setting" default:"10s" help:"Longest time a query or mutation may take."`
	ShutdownGrace  time.Duration `name:"shutdown-grace" type:"setting" default:"20s" help:"Longest time from SIGTERM to the end of the process."`

	SQLiteReaders int   `name:"sqlite-readers" type:"setting" default:"4" help:"Connections that read the SQLite file."`
	PostgresPool  int   `name:"postgres-pool" type:"setting" default:"8" help:"Connections to PostgreSQL, two to four for each of its cores."`
	RLS           bool  `name:"rls" type:"setting" default:"true" help:"Row-level security on PostgreSQL as a second wall between workspaces."`
	MemoryLimit   Bytes `name:"memory-limit" type:"setting" default:"0" help:"Memory the garbage collector aims to stay under; 0 for none."`

	SeedDemo bool `name:"seed-demo" type:"setting" default:"false" help:"Fill an empty database with the demo when serving."`
}

// Postgres reports whether the data lives in PostgreSQL.
func (c *Config) Postgres() bool { return c.DatabaseURL != "" }

// SQLitePath is the file that holds the data where there is no PostgreSQL.
func (c *Config) SQLitePath() string { return filepath.Join(c.DataDir, "karnak.db") }

// SecretPath is the file that holds the master secret of a development installation.
func (c *Config) SecretPath() string { return filepath.Join(c.DataDir, "secret") }

// Production reports whether the profile is production.
func (c *Config) Production() bool { return c.Profile == Production }
