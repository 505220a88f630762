package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"karnak/authz"
	"karnak/graph"
	"karnak/graph/playground"
	"karnak/graph/reference"
	"karnak/internal/domain/identity"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/telemetry"
)

// routes returns everything the server answers.
func (a *App) routes(registry *prometheus.Registry) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.Handle("/graphql", a.cors(a.authenticated(a.server)))
	docs, err := reference.Handler(Schema(), Version)
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /docs", docs)
	mux.Handle("GET /docs/", docs)
	mux.HandleFunc("GET /schema.graphql", a.schema)
	mux.HandleFunc("GET /.well-known/jwks.json", a.jwks)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", telemetry.MetricsHandler(registry))
	if a.cfg.Playground {
		page, err := playground.Handler(playground.Config{
			Endpoint: "/graphql", Version: Version, DemoUsers: a.demoUsers,
			Links: []playground.Link{{Label: "Docs", Path: "/docs"}, {Label: "Schema", Path: "/schema.graphql"}},
		})
		if err != nil {
			return nil, err
		}
		mux.Handle("/{$}", page)
		mux.Handle("/assets/", page)
	}
	outer, err := telemetry.NewHTTP(telemetry.HTTPConfig{
		Logger: a.logger, Registry: registry, Clock: a.clock, TrustedProxies: a.cfg.TrustedProxies, HSTS: a.cfg.Production(),
	})
	if err != nil {
		return nil, err
	}
	return outer.Wrap(mux), nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func (a *App) schema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(Schema()))
}

func (a *App) jwks(w http.ResponseWriter, r *http.Request) {
	keys, err := a.rooms.identity.PublicKeys(r.Context())
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
}

const readyWithin = 2 * time.Second

// ready answers 200 while the server takes requests: the database answers and it is not shutting down.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	switch {
	case a.draining.Load():
		say(w, http.StatusServiceUnavailable, "shutting down")
	case a.db.Ping(ctx) != nil:
		say(w, http.StatusServiceUnavailable, "the database does not answer")
	default:
		say(w, http.StatusOK, "ready")
	}
}

// authenticated puts who calls into the context. A token that is not good is refused with 401, whatever is asked.
func (a *App) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := identity.WithClient(r.Context(), clientOf(r))
		if header := r.Header.Get("Authorization"); header != "" {
			caller, err := a.caller(ctx, header)
			if err != nil {
				refuse(w, r, err)
				return
			}
			ctx = authz.WithActor(ctx, caller.Actor)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// clientOf tells where a request comes from.
func clientOf(r *http.Request) identity.Client {
	return identity.Client{Address: telemetry.Client(r.Context()).String(), UserAgent: r.UserAgent()}
}

// caller reads "Bearer <token>". It takes no longer than a request may.
func (a *App) caller(ctx context.Context, header string) (*identity.Caller, error) {
	scheme, token, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return nil, fault.New(fault.Unauthenticated, "Give the token as: Authorization: Bearer <access token>.")
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.RequestTimeout)
	defer cancel()
	return a.rooms.identity.Authenticate(ctx, strings.TrimSpace(token))
}

// refuse answers a request that does not reach GraphQL, in GraphQL's form.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	shown := graph.Shown(r.Context(), err)
	status := http.StatusServiceUnavailable
	if fault.Code(shown.Extensions["code"].(string)) == fault.Unauthenticated {
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{shown}})
}

// cors lets browsers of the configured origins in.
func (a *App) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		w.Header().Add("Vary", "Origin")
		if origin != "" && a.allowed(origin) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
				w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Idempotency-Key, Last-Event-ID, X-Request-Id")
				w.Header().Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (a *App) allowed(origin string) bool {
	return slices.Contains(a.cfg.CORSOrigins, "*") || slices.Contains(a.cfg.CORSOrigins, origin)
}
