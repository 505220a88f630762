package secret

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OpenFile returns the master secret kept in a file. Where there is none it makes 32 random bytes and writes them with mode
// 0600; of several processes that do so at once all get the same. A file that others can read is refused.
func OpenFile(path string) ([]byte, error) {
	b, err := readFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if err := makeFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the secret file %s cannot be made: %w", path, err)
	}
	return readFile(path)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the secret file %s must be a plain file that only its owner can read (mode 0600)", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) < MinMaster {
		return nil, fmt.Errorf("the secret file %s does not hold 32 bytes as hex", path)
	}
	return b, nil
}

// makeFile writes beside the target and links it into place, so that no reader sees half a secret.
func makeFile(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".secret-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	master := make([]byte, MinMaster)
	if _, err := rand.Read(master); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.WriteString(hex.EncodeToString(master) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
