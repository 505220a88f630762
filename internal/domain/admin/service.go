package admin

import (
	"context"
	"encoding/json"
	"errors"

	"karnak/authz"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/core/nodes"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	Log   *eventlog.Log
	Guard *guard.Guard
	Nodes *nodes.Ring
	Keys  *secret.Keyring
}

// Service is the administration of the platform. It is safe for concurrent use.
type Service struct {
	Config
	clients *page.List
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.Log == nil || c.Guard == nil || c.Nodes == nil || c.Keys == nil {
		return nil, errors.New("admin: Log, Guard, Nodes and Keys are needed")
	}
	key := c.Keys.Derive("page/admin")
	return &Service{
		Config:  c,
		clients: page.NewList(key[:], "clients", false, func(x *ConnectedClient) []any { return []any{x.ID} }, page.Column{Name: "id"}),
	}, nil
}

// Serve answers the other nodes, and this one, about its own connections.
func (s *Service) Serve(own Connections) {
	s.Nodes.Answer(topicList, func(question []byte) ([]byte, error) {
		var q listQuestion
		if err := json.Unmarshal(question, &q); err != nil {
			return nil, err
		}
		var a listAnswer
		a.Clients, a.Total = own.Clients(q.After, q.Limit)
		return json.Marshal(a)
	})
	s.Nodes.Answer(topicEnd, func(question []byte) ([]byte, error) {
		var q endQuestion
		if err := json.Unmarshal(question, &q); err != nil {
			return nil, err
		}
		var a endAnswer
		a.UserID, a.Ended = own.End(q.ID, q.Reconnect, q.Reason)
		return json.Marshal(a)
	})
}

// Admin is what those see who run the platform.
type Admin struct{}

// Admin lets those in who run the platform. Needs admin:system.
func (s *Service) Admin(ctx context.Context) (*Admin, error) {
	if err := s.require(ctx); err != nil {
		return nil, err
	}
	return &Admin{}, nil
}

// require lets those through who run the platform.
func (s *Service) require(ctx context.Context) error {
	_, err := s.Guard.Recheck(ctx, id.Platform, authz.AdminSystem)
	return err
}
