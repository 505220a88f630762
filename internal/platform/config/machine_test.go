package config_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"karnak/internal/platform/config"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := filepath.Join(dir, "new", "data")
	cases := []struct {
		name   string
		cfg    config.Config
		listen bool
		keys   []string
	}{
		{"all well", config.Config{Addr: "127.0.0.1:0", DataDir: free}, true, nil},
		{"port in use", config.Config{Addr: taken.Addr().String(), DataDir: free}, true, []string{"KARNAK_ADDR"}},
		{"port of the bus in use", config.Config{Addr: "127.0.0.1:0", BusListen: taken.Addr().String(), DataDir: free}, true, []string{"KARNAK_BUS_LISTEN"}},
		{"both ports in use", config.Config{Addr: taken.Addr().String(), BusListen: other.Addr().String(), DataDir: free}, true, []string{"KARNAK_ADDR", "KARNAK_BUS_LISTEN"}},
		{"port not asked for", config.Config{Addr: taken.Addr().String(), DataDir: free}, false, nil},
		{"foreign address", config.Config{Addr: "192.0.2.1:1", DataDir: free}, true, []string{"KARNAK_ADDR"}},
		{"directory is a file", config.Config{Addr: "127.0.0.1:0", DataDir: file}, true, []string{"KARNAK_DATA_DIR"}},
		{"directory is not needed", config.Config{Addr: "127.0.0.1:0", DataDir: file, DatabaseURL: "postgres://h/d", Secret: config.NewSecret(goodSecret)}, true, nil},
		{"both", config.Config{Addr: taken.Addr().String(), DataDir: filepath.Join(file, "x")}, true, []string{"KARNAK_ADDR", "KARNAK_DATA_DIR"}},
	}
	for _, c := range cases {
		err := c.cfg.Preflight(t.Context(), c.listen)
		if got := keys(t, err); !reflect.DeepEqual(got, c.keys) {
			t.Errorf("%s: %v (%v)", c.name, got, err)
		}
	}
	left, err := os.ReadDir(free)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	c := config.Config{DataDir: t.TempDir(), Profile: config.Development}
	a, err := c.Keyring()
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Keyring()
	if err != nil || a.Derive("x") != b.Derive("x") {
		t.Errorf("the second start has another secret: %v", err)
	}
	c.Secret = config.NewSecret(goodSecret)
	if k, err := c.Keyring(); err != nil || k.Derive("x") == a.Derive("x") {
		t.Errorf("the configured secret was not used: %v", err)
	}
	none := config.Config{DataDir: t.TempDir(), Profile: config.Production}
	if _, err := none.Keyring(); err == nil {
		t.Error("production made itself a secret")
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := config.Table()
	for _, row := range []string{
		"| `KARNAK_ADDR` | `127.0.0.1:8080`; production `:8080` | ",
		"| `KARNAK_DATABASE_URL` | – | ",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %q in\n%s", row, table)
		}
	}
	if n := strings.Count(table, "\n| `KARNAK_"); n != reflect.TypeFor[config.Config]().NumField() {
		t.Errorf("%d rows", n)
	}
}

// The README shows the table between two marks; `make docs` writes it.
func TestReadmeHoldsTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../README.md")
	if os.IsNotExist(err) {
		return
	}
	_, rest, found := bytes.Cut(text, []byte("<!-- config:begin -->\n"))
	if !found {
		return
	}
	got, _, found := bytes.Cut(rest, []byte("<!-- config:end -->"))
	if !found || strings.TrimSpace(string(got)) != strings.TrimSpace(config.Table()) {
		t.Error("README.md does not show the settings as they are; run make docs")
	}
}
