package rig

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Weather is what a proxy does to the connections that pass through it, each at random.
type Weather struct {
	// Most is after how many bytes from the server a connection is cut at the latest; 0 never cuts.
	Most int
	// Delayed is how many of a hundred pieces are held back, for at most so long.
	Delayed int
	Delay   time.Duration
}

// Proxy stands between clients and a server and cuts connections at random bytes: half of the cuts are an orderly end in
// mid-message, half a reset.
type Proxy struct {
	// Addr is where it listens.
	Addr string
	// Cuts counts the connections it cut.
	Cuts     atomic.Int64
	target   string
	weather  Weather
	listener net.Listener
	mu       sync.Mutex
	dice     *rand.Rand
	open     map[net.Conn]bool
	done     sync.WaitGroup
}

// NewProxy listens for clients of the server at an address.
func NewProxy(target string, w Weather, seed uint64) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, weather: w, listener: l, dice: rand.New(rand.NewPCG(seed, 7)), open: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	return p, nil
}

// Close ends it and its connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close() // the other side may have ended it
	}
	p.open = nil
	p.mu.Unlock()
	p.done.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(c) })
	}
}

// keep remembers connections for Close, and ends them at once where that was before.
func (p *Proxy) keep(conns ...net.Conn) (kept bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.open == nil {
			_ = c.Close()
			continue
		}
		p.open[c] = true
		kept = true
	}
	return kept
}

// end resets or closes both sides.
func (p *Proxy) end(reset bool, conns ...net.Conn) {
	for _, c := range conns {
		if t, ok := c.(*net.TCPConn); ok && reset {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
		p.mu.Lock()
		delete(p.open, c)
		p.mu.Unlock()
	}
}

func (p *Proxy) roll(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dice.IntN(max(n, 1))
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		p.end(true, client)
		return
	}
	if !p.keep(client, server) {
		return
	}
	up := make(chan struct{})
	go func() {
		defer close(up)
		p.pass(server, client, -1)
		p.end(false, server, client)
	}()
	left := -1
	if p.weather.Most > 0 {
		left = 1 + p.roll(p.weather.Most)
	}
	if p.pass(client, server, left) {
		p.Cuts.Add(1)
	}
	p.end(p.roll(2) == 0, client, server)
	<-up
}

// pass copies until one side ends, or until so many bytes went through; then it reports that it has cut.
func (p *Proxy) pass(to io.Writer, from io.Reader, left int) (cut bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if p.roll(100) < p.weather.Delayed {
			time.Sleep(time.Duration(p.roll(int(p.weather.Delay))))
		}
		if left >= 0 && n >= left {
			_, _ = to.Write(buf[:left])
			return true
		}
		if left >= 0 {
			left -= n
		}
		if _, e := to.Write(buf[:n]); err != nil || e != nil {
			return false
		}
	}
}
