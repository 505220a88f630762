package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/authz"
	"karnak/ent/entgen/channel"
	"karnak/ent/entgen/user"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/domain/chat"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/config"
	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// sender is a node with the demo, whose queue is not started, and somebody who writes to a channel.
type sender struct {
	*App
	ctx     context.Context
	channel string
	log     *lockedBuffer
}

// lockedBuffer keeps what is logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newSender(t testing.TB, engine string) *sender {
	t.Helper()
	args := []string{"--data-dir=" + t.TempDir(), "--addr=127.0.0.1:0", "--seed-demo"}
	if engine == dialect.Postgres {
		args = append(args, "--database-url="+enttest.Postgres(t), "--postgres-pool=12")
	}
	cfg, err := config.Load(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{log: &lockedBuffer{}}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if s.App, err = Open(t.Context(), Options{Config: cfg, Clock: clock.System{}, Logger: logger, Idle: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	system := authz.System(t.Context(), "test")
	u, err := s.db.Client().User.Query().Where(user.EmailKey(people[0].email)).Only(system)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.db.Client().Channel.Query().Where(channel.Name("general")).Only(system)
	if err != nil {
		t.Fatal(err)
	}
	s.channel = c.ID
	s.ctx = authz.WithActor(context.Background(), authz.NewActor(u.ID, "", false, []string{c.WorkspaceID}))
	return s
}

// send sends n messages from so many writers at once.
func (s *sender) send(t testing.TB, writers, n int) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range writers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if _, err := s.rooms.chat.SendMessage(s.ctx, chat.SendMessageInput{ChannelID: s.channel, Body: fmt.Sprint("message ", i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

type echo struct{ N int }

// Kind names the job.
func (echo) Kind() string { return "test.echo.heard" }

// Jobs and changes share SQLite's writer: neither is refused, neither waits for ever, nothing is lost or done twice.
func TestJobsBesideSends(t *testing.T) {
	t.Parallel()
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const sends, jobs = 2000, 500
			s := newSender(t, engine)
			ran := make(chan int, 2*jobs)
			err := job.Register(s.jobs, job.Spec{}, func(ctx context.Context, e echo) error {
				_, err := s.rooms.chat.SendMessage(authz.WithActor(ctx, authz.ActorOf(s.ctx)), chat.SendMessageInput{ChannelID: s.channel, Body: "from a job"})
				ran <- e.N
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.jobs.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, err := s.rooms.chat.ChannelByID(s.ctx, s.channel)
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			begin := time.Now()
			all.Go(func() { s.send(t, 8, sends) })
			all.Go(func() {
				for i := range jobs {
					err := s.db.Store.InTx(s.ctx, func(ctx context.Context, tx *store.Tx) error { return s.jobs.InsertTx(ctx, tx, echo{i}, job.Opts{}) })
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
			all.Wait()
			sent := time.Since(begin)
			seen := map[int]int{}
			for range jobs {
				select {
				case n := <-ran:
					seen[n]++
				case <-time.After(30 * time.Second):
					t.Fatalf("%d of %d jobs ran", len(seen), jobs)
				}
			}
			t.Logf("%d sends by 8 writers in %s, %d jobs done after %s", sends, sent, jobs, time.Since(begin))
			if len(seen) != jobs {
				t.Errorf("%d jobs of %d ran", len(seen), jobs)
			}
			after, err := s.rooms.chat.ChannelByID(s.ctx, s.channel)
			if err != nil {
				t.Fatal(err)
			}
			if got := after.LastSeq - before.LastSeq; got != sends+jobs {
				t.Errorf("%d messages were numbered, want %d", got, sends+jobs)
			}
			if s.log.String() != "" {
				t.Error(s.log.String())
			}
		})
	}
}

// What the queue costs while it has nothing to do: rounds of sends take turns between a node without a queue and one with
// an idle one, so that other load on the machine meets both, and each pair of rounds is compared.
func BenchmarkSendsBesideIdleQueue(b *testing.B) {
	const writers, round = 8, 300
	nodes := []*sender{newSender(b, dialect.SQLite), newSender(b, dialect.SQLite)}
	if err := nodes[1].jobs.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	var took [2][]float64
	var cost []float64
	for n := -1; b.Loop(); n++ {
		var pair [2]float64
		for k := range nodes {
			i := (k + n + 1) % 2
			begin := time.Now()
			nodes[i].send(b, writers, round)
			pair[i] = time.Since(begin).Seconds()
		}
		if n < 0 { // the first pair warms up
			continue
		}
		took[0], took[1] = append(took[0], pair[0]), append(took[1], pair[1])
		cost = append(cost, (pair[1]/pair[0]-1)*100)
	}
	median := func(x []float64) float64 {
		slices.Sort(x)
		return x[len(x)/2]
	}
	if len(cost) > 0 {
		b.ReportMetric(round/median(took[0]), "sends/s-absent")
		b.ReportMetric(round/median(took[1]), "sends/s-idle")
		b.ReportMetric(median(cost), "%cost")
	}
}

// What a job costs the change it belongs to.
func BenchmarkChangeWithJob(b *testing.B) {
	for _, engine := range enttest.Engines {
		for _, jobs := range []int{0, 1} {
			b.Run(fmt.Sprint(engine, "/jobs=", jobs), func(b *testing.B) {
				s := newSender(b, engine)
				if err := job.Register(s.jobs, job.Spec{}, func(context.Context, echo) error { return nil }); err != nil {
					b.Fatal(err)
				}
				b.SetParallelism(8)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						_, err := s.App.log.Change(s.ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
							for range jobs {
								if err := s.jobs.InsertTx(ctx, tx.Tx.Tx, echo{}, job.Opts{}); err != nil {
									return "", err
								}
							}
							return "", nil
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
