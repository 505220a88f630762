package faults_test

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/app/apptest"
)

// TestStoppedInTheDatabase lets a query wait inside PostgreSQL for a table that somebody else has locked. Past its time, and
// when its client goes, nothing of it is left there.
func TestStoppedInTheDatabase(t *testing.T) {
	t.Parallel()
	address := enttest.Postgres(t)
	w := raise(t, "--database-url="+address, "--postgres-pool=4", "--request-timeout=1s")
	p := w.signedUp(t, "patient")
	db, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	if _, err := held.ExecContext(t.Context(), "LOCK TABLE channels IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	waiting := func() (n int) {
		row := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
		if err := row.Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	body := request(t, `query($w:ID!){workspace(id:$w){channels{nodes{id}}}}`, `{"w":"`+p.Personal+`"}`)
	t.Run("past its time", func(t *testing.T) {
		began := time.Now()
		r := w.raw(t, body, "Authorization", "Bearer "+p.Token)
		if took := time.Since(began); r.Code() != "UNAVAILABLE" || took < time.Second || took > 3*time.Second {
			t.Errorf("after %s: %d %s", took, r.Status, r.Body)
		}
		w.tells(t, r)
		eventually(t, "the query to be gone", func() bool { return waiting() == 0 })
	})
	t.Run("its client gone", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL(), bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+p.Token)
		began := time.Now()
		go func() {
			for waiting() == 0 && time.Since(began) < patience {
				time.Sleep(time.Millisecond)
			}
			leave()
		}()
		if res, err := w.client.Do(r); err == nil {
			res.Body.Close()
			t.Errorf("it was answered with %d", res.StatusCode)
		}
		left := time.Now()
		eventually(t, "the query to be gone", func() bool { return waiting() == 0 })
		// Well within the second after which it would have been stopped anyway.
		if total := time.Since(began); total > 900*time.Millisecond {
			t.Errorf("it was gone %s after its client, and %s after its start", time.Since(left), total)
		}
	})
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if r := w.raw(t, body, "Authorization", "Bearer "+p.Token); len(r.Errors) > 0 {
		t.Errorf("afterwards: %s", r.Body)
	}
	w.stands(t)
}

// TestStoppedWhileWaitingToWrite holds SQLite's one writer: a mutation that waits for it is given up past its time, has no
// effect, and the next goes well.
func TestStoppedWhileWaitingToWrite(t *testing.T) {
	t.Parallel()
	n := apptest.Start(t, dialect.SQLite, apptest.Options{Args: []string{"--request-timeout=500ms"}, Idle: true})
	p := n.SignUp(t, "Patient")
	channel := n.Channel(t, p, p.Personal, "general", "PUBLIC")
	holding, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		n.Write(t, func(*ent.Tx) error { close(holding); <-release; return nil })
	}()
	<-holding
	began := time.Now()
	a := n.Do(t, p.Token, `mutation($c:ID!){sendMessage(input:{channelId:$c,body:"late"}){message{id}}}`, apptest.Vars{"c": channel})
	if took := time.Since(began); a.Code() != "UNAVAILABLE" || took > 2*time.Second {
		t.Errorf("after %s: %s", took, a.Body)
	}
	close(release)
	<-done
	n.Send(t, p, channel, "in time")
	got := n.Must(t, p.Token, `query($c:ID!){node(id:$c){... on Channel{lastSeq messages{nodes{body}}}}}`, apptest.Vars{"c": channel})
	if got.Get("node.lastSeq") != 1.0 || got.Text("node.messages.nodes.0.body") != "in time" {
		t.Errorf("%s", got.Body)
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
