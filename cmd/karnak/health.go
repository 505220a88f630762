package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"karnak/internal/platform/config"
)

const healthTimeout = 3 * time.Second

type healthCommand struct{}

// Run asks /livez of the server that this configuration describes; it is what the container's health check calls.
func (healthCommand) Run(ctx context.Context, cfg *config.Config) error {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return config.Faults{{Key: config.Key("addr"), Message: "This is not an address like 127.0.0.1:8080."}}
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/livez", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", res.Status)
	}
	return nil
}
