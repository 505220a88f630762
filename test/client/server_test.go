package client_test

import (
	"encoding/json"
	"net/http"

	"karnak/test/binary"
)

// control answers POST /kill, /drain and /start, by which a script commands the life of its server.
func control(s *binary.Server) http.Handler {
	mux := http.NewServeMux()
	answer := func(path string, do func() ([]byte, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, _ *http.Request) {
			b, err := do()
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			_, _ = w.Write(b)
		})
	}
	answer("/kill", func() ([]byte, error) { return nil, s.Kill() })
	answer("/start", func() ([]byte, error) { return nil, s.Start() })
	answer("/drain", func() ([]byte, error) {
		code, took, err := s.Drain()
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]int64{"code": int64(code), "ms": took.Milliseconds()})
	})
	return mux
}
