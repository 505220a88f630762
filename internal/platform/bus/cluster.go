package bus

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	clusterName = "karnak"
	routeScheme = "nats-route"
	// A peer that is silent is pinged this often, and given up after two pings without an answer.
	routePing = 5 * time.Second
	// Of so many attempts to reach a peer one is logged.
	routeReports = 60
)

// cluster adds to a server what makes it one of several: an address where the others connect to, and the addresses of those.
func (c *Config) cluster(o *server.Options) error {
	if c.Listen == "" {
		return nil
	}
	host, port, err := hostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("bus: the address to listen on: %w", err)
	}
	identity, err := identity(c.Key)
	if err != nil {
		return err
	}
	for _, r := range c.Routes {
		if _, _, err := hostPort(r); err != nil {
			return fmt.Errorf("bus: the address of another node: %w", err)
		}
		o.Routes = append(o.Routes, &url.URL{Scheme: routeScheme, Host: r})
	}
	o.Cluster = server.ClusterOpts{
		Name: clusterName, Host: host, Port: port, TLSConfig: identity, TLSTimeout: startTimeout.Seconds(),
		PingInterval: routePing, MaxPingsOut: 2, NoAdvertise: true,
	}
	// Routing waits for the port of clients. There are none but this process, which does not need it: so it is one of loopback,
	// and only this process knows the token.
	o.DontListen, o.Host, o.Port, o.Authorization = false, "127.0.0.1", server.RANDOM_PORT, rand.Text()
	o.ConnectErrorReports, o.ReconnectErrorReports = routeReports, routeReports
	return nil
}

// free looks whether the address can be listened on; the server itself would only tell its log.
func (c *Config) free() error {
	if c.Listen == "" {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return l.Close()
}

func hostPort(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, errors.New("a port from 1 to 65535 is needed")
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return host, int(n), nil
}

// identity makes the certificate that every node of an installation has: whoever holds the key is a node, and nobody else gets
// in or can listen. The certificate is the same on every node, because everything in it comes from the key.
func identity(seed []byte) (*tls.Config, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("bus: a cluster needs a key of 32 bytes")
	}
	key := ed25519.NewKeyFromSeed(seed)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: clusterName}, DNSNames: []string{clusterName}, SubjectKeyId: []byte(clusterName),
		// The key is given up by changing the master secret; there is nobody who could renew a certificate in time.
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("bus: certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("bus: certificate: %w", err)
	}
	nodes := x509.NewCertPool()
	nodes.AddCert(leaf)
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: clusterName, RootCAs: nodes, ClientCAs: nodes, ClientAuth: tls.RequireAndVerifyClientCert,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}},
	}, nil
}
