package secret_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"karnak/internal/platform/secret"
)

func TestOpenFileMakesOneSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "secret")
	got := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			b, err := secret.OpenFile(path)
			if err != nil {
				t.Error(err)
			}
			got[i] = b
		})
	}
	wg.Wait()
	for _, b := range got {
		if len(b) != 32 || !bytes.Equal(b, got[0]) {
			t.Fatalf("%x differs from %x", b, got[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Errorf("left behind: %v %v", names, err)
	}
}

func TestOpenFileRefuses(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", 32)
	cases := []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by others", good, 0o644, "mode 0600"},
		{"short", good[:62], 0o600, "32 bytes"},
		{"not hex", "hello", 0o600, "32 bytes"},
		{"empty", "", 0o600, "32 bytes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := secret.OpenFile(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v", err)
			}
			if text, _ := os.ReadFile(path); string(text) != c.text {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("symbolic link", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "real"), []byte(good), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("real", filepath.Join(dir, "secret")); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.OpenFile(filepath.Join(dir, "secret")); err == nil {
			t.Error("a symbolic link was followed")
		}
	})
	t.Run("no directory can be made", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.OpenFile(filepath.Join(file, "secret")); err == nil {
			t.Error("a file was taken for a directory")
		}
	})
}
