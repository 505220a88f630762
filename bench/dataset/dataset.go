// Package dataset fills karnak's tables with what the benchmarks read and write: one workspace with a long history, and
// many small ones.
package dataset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"karnak/internal/platform/id"
)

// Size says how much there is.
type Size struct {
	Users, Channels, Messages int
	// Teams are workspaces of one user and one channel each.
	Teams int
}

// Place is where a user writes.
type Place struct{ Workspace, Channel, User, Email string }

// Data is what was written.
type Data struct {
	Size
	// Workspace holds the history; Emails are those of its users, who all have Password.
	Workspace string
	// Places are one for each of the first users: a channel of the workspace with the history.
	Places []Place
	// Teams are the places of the small workspaces; their users are the first ones of the other.
	Teams []Place
	// Messages are ids from all over the history.
	Messages []string
}

// Password is everybody's.
const Password = "a password for the benchmark"

const span = 90 * 24 * time.Hour

// maker makes the rows, the same ones at each run but for their ids.
type maker struct {
	Size
	dice     *rand.Rand
	start    time.Time
	users    []string
	channels []string
	data     *Data
}

func newMaker(size Size, now time.Time) *maker {
	m := &maker{Size: size, dice: rand.New(rand.NewPCG(2, 71)), start: now.Add(-span).Truncate(time.Second), data: &Data{Size: size}}
	m.data.Workspace = id.New(id.Workspace)
	for range size.Users {
		m.users = append(m.users, id.New(id.User))
	}
	for range size.Channels {
		m.channels = append(m.channels, id.New(id.Channel))
	}
	for i, u := range m.users {
		m.data.Places = append(m.data.Places, Place{m.data.Workspace, m.channels[i%len(m.channels)], u, email(i)})
	}
	for i := range size.Teams {
		m.data.Teams = append(m.data.Teams, Place{id.New(id.Workspace), id.New(id.Channel), m.users[i], email(i)})
	}
	return m
}

func email(i int) string { return fmt.Sprintf("user-%03d@bench.example", i) }

// at is the time of the i-th message of n, to the microsecond.
func (m *maker) at(i int) time.Time {
	return m.start.Add(span / time.Duration(m.Messages) * time.Duration(i)).Add(time.Duration(m.dice.IntN(1e6)) * time.Microsecond).Truncate(time.Microsecond)
}

// body is a text of about a hundred characters, some of which JSON has to escape.
func (m *maker) body() string {
	words := strings.Fields("the deploy of staging went through after we \"fixed\" café login please have a look at invoice and tell whether 10 % is what customers expect to see before Thursday's demo")
	var b strings.Builder
	for length := 70 + m.dice.IntN(60); b.Len() < length; {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[m.dice.IntN(len(words))])
	}
	return b.String()
}
