package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

const (
	watchWorkspace = `subscription($id: ID!, $after: Cursor) { event: activity(workspaceId: $id, after: $after) {
 id seq cursor type clientMutationId } }`
	watchChannel = `subscription($id: ID!, $after: Cursor) { event: channelEvents(channelId: $id, after: $after) {
 id seq cursor type clientMutationId ... on MessagePosted { message { body } } ... on MessageEdited { message { body } } } }`
)

// subscriber reads a workspace or a channel, and comes back with its last cursor after every cut.
type subscriber struct {
	ledger.Subscriber
	run    *run
	dice   *rand.Rand
	person rig.Person
	query  string
	id     string
	cursor string
	// seen is the number of the last event received.
	seen atomic.Int64
}

// subscriber makes the n-th one: of each workspace in turn, and of that the whole and its channels in turn.
func (r *run) subscriber(n int) *subscriber {
	place := r.places[n%len(r.places)]
	s := &subscriber{
		Subscriber: ledger.Subscriber{Name: fmt.Sprintf("s%d", n), Workspace: place.ID}, run: r, dice: dice(r.Seed, uint64(1000+n)),
		person: place.People[n%len(place.People)], query: watchWorkspace, id: place.ID, cursor: place.Cursor,
	}
	if turn := n / len(r.places); turn%2 == 1 {
		s.Channel = place.Channels[turn/2%len(place.Channels)]
		s.query, s.id = watchChannel, s.Channel
	}
	s.seen.Store(place.Base)
	return s
}

// watch receives until the run ends.
func (s *subscriber) watch(ctx context.Context) {
	for s.run.gate.Wait(ctx) {
		err := s.connected(ctx)
		var refused *rig.Error
		if errors.As(err, &refused) && refused.Extensions.Code != "UNAVAILABLE" && ctx.Err() == nil {
			s.run.books.Refusals.Write(ledger.Refusal{Subscriber: s.Name, Reason: refused.Error()})
			return // with the same cursor it would be refused again
		}
		s.run.cuts.Add(1)
	}
}

// node chooses where a client goes next.
func (r *run) node(dice *rand.Rand) *rig.Node { return r.nodes[dice.IntN(len(r.nodes))] }

// shortest and longest are how many events a subscriber receives before it cuts its connection itself.
const shortest, longest = 200, 4000

// connected receives over one connection.
func (s *subscriber) connected(ctx context.Context) error {
	socket, err := rig.Subscribe(ctx, s.run.node(s.dice).Door(), s.person.Token, s.query, map[string]any{"id": s.id, "after": s.cursor})
	if err != nil {
		return err
	}
	defer socket.Cut()
	for range shortest + s.dice.IntN(longest-shortest) {
		var got struct {
			Event struct {
				ID               string
				Seq              int64 `json:",string"`
				Cursor           string
				Type             string
				ClientMutationID string
				Message          struct{ Body string }
			}
		}
		if err := socket.Next(ctx, &got); err != nil {
			return err
		}
		e := got.Event
		s.run.books.Received.Write(ledger.Received{Subscriber: s.Name, Body: e.Message.Body,
			Event: ledger.Event{Seq: e.Seq, ID: e.ID, Type: e.Type, Mutation: e.ClientMutationID, Cursor: e.Cursor}})
		s.cursor = e.Cursor
		s.seen.Store(e.Seq)
	}
	return nil
}
