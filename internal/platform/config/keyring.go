package config

import (
	"karnak/internal/platform/secret"
)

// Keyring returns the keys that derive from the master secret. Without a configured secret, development makes one on first
// use and keeps it in SecretPath.
func (c *Config) Keyring() (*secret.Keyring, error) {
	if !c.Secret.Empty() {
		return secret.New(c.Secret.Bytes())
	}
	if c.Production() {
		return nil, Faults{{Key("secret"), "Production needs a secret of 32 random bytes."}}
	}
	master, err := secret.OpenFile(c.SecretPath())
	if err != nil {
		return nil, Faults{{Key("data-dir"), err.Error()}}
	}
	return secret.New(master)
}
