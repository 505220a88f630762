// Command floor answers the benchmarks' three requests without GraphQL: hand-written SQL through database/sql on karnak's own
// tables, rows appended to JSON in Go, nobody asked who they are. It is what karnak is compared with.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// floor answers on one engine.
type floor interface {
	// nested appends the first channels of a workspace with their last messages and the authors.
	nested(ctx context.Context, b []byte, in input) ([]byte, error)
	// byID appends one message with its author.
	byID(ctx context.Context, b []byte, in input) ([]byte, error)
	// send posts a message and appends its id and its number; it returns after a durable commit.
	send(ctx context.Context, b []byte, in input) ([]byte, error)
	close() error
}

// input is the variables of a request.
type input struct {
	ID, Workspace, Channel, Author, Body string
}

func main() {
	engine := flag.String("engine", "", "sqlite or postgres")
	database := flag.String("database", "", "the SQLite file, or the URL of PostgreSQL")
	addr := flag.String("addr", "", "host:port to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *engine, *database, *addr); err != nil {
		fmt.Fprintf(os.Stderr, "floor: %s\n", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, engine, database, addr string) (err error) {
	open := openPostgres
	if engine == "sqlite" {
		open = openSQLite
	}
	f, err := open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	server := &http.Server{Addr: addr, Handler: routes(f), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

func routes(f floor) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	for path, answer := range map[string]func(context.Context, []byte, input) ([]byte, error){
		"/nested": f.nested, "/byid": f.byID, "/send": f.send,
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { reply(w, r, answer) })
	}
	return mux
}

func reply(w http.ResponseWriter, r *http.Request, answer func(context.Context, []byte, input) ([]byte, error)) {
	var body struct{ Variables input }
	err := json.NewDecoder(r.Body).Decode(&body)
	var b []byte
	if err == nil {
		b, err = answer(r.Context(), make([]byte, 0, 512), body.Variables)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // a client that is gone reads nothing
}

// prepare prepares statements; the first fault is reported.
func prepare(ctx context.Context, p interface {
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}, into map[**sql.Stmt]string) error {
	for st, text := range into {
		var err error
		if *st, err = p.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // kept as long as the process runs
			return fmt.Errorf("%w in %s", err, text)
		}
	}
	return nil
}
