// Command audit serves the transports over the schema of transporttest, for conformance checks by clients of other makers:
//
//	go run ./graph/transport/testdata/audit -addr 127.0.0.1:4477
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"

	"karnak/graph/transport"
	"karnak/graph/transport/transporttest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:4477", "where to listen")
	flag.Parse()
	if err := serve(*addr); err != nil {
		slog.Error("serving failed", "error", err)
		os.Exit(1)
	}
}

func serve(addr string) error {
	schema, err := transporttest.New(transporttest.Config{
		Fields: map[string]transporttest.Field{
			"hello": func(context.Context, map[string]any) (any, error) { return "world", nil },
			"touch": func(context.Context, map[string]any) (any, error) { return 1, nil },
		},
		Streams: map[string]transporttest.Stream{"ticks": ticks},
	})
	if err != nil {
		return err
	}
	plain, err := transport.NewHTTP(transport.HTTPConfig{})
	if err != nil {
		return err
	}
	socket, err := transport.NewSocket(transport.SocketConfig{
		Init: func(ctx context.Context, _ json.RawMessage, _ *http.Request) (context.Context, *transport.Session, error) {
			return ctx, nil, nil
		},
	})
	if err != nil {
		return err
	}
	h := handler.New(schema)
	h.AddTransport(socket)
	h.AddTransport(plain)
	srv := &http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = socket.Shutdown(late)
		_ = srv.Shutdown(late)
	}()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ticks counts to the argument `to`, or without an end.
func ticks(ctx context.Context, args map[string]any) (<-chan any, error) {
	to, _ := args["to"].(int64)
	events := make(chan any)
	go func() {
		defer close(events)
		every := time.NewTicker(20 * time.Millisecond)
		defer every.Stop()
		for n := int64(1); to == 0 || n <= to; n++ {
			select {
			case events <- n:
			case <-ctx.Done():
				return
			}
			<-every.C
		}
	}()
	return events, nil
}
