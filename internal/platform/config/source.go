package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// source answers kong for a setting that no flag gave: the environment, then the file, then the default of production.
type source struct {
	env    map[string]string
	file   map[string]string
	faults Faults
	read   bool
}

// Validate is part of kong.Resolver; every check is made by this package itself.
func (*source) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a flag, nil to keep kong's default.
func (s *source) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Tag.Type != "setting" {
		return nil, nil
	}
	s.load(ctx)
	if v, ok := s.lookup(flag.Name); ok {
		return v, nil
	}
	if flag.Tag.Has("production") && s.production(ctx) {
		return flag.Tag.Get("production"), nil
	}
	return nil, nil
}

func (s *source) lookup(name string) (string, bool) {
	if v, ok := s.env[Key(name)]; ok {
		return v, true
	}
	v, ok := s.file[name]
	return v, ok
}

func (s *source) production(ctx *kong.Context) bool {
	v := given(ctx, "profile")
	if v == "" {
		v, _ = s.lookup("profile")
	}
	return Profile(strings.ToLower(strings.TrimSpace(v))) == Production
}

// given returns what the command line itself says of a flag, "" for nothing.
func given(ctx *kong.Context, name string) string {
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == name && !p.Resolved {
			return fmt.Sprint(ctx.FlagValue(p.Flag))
		}
	}
	return ""
}

// load reads the file once.
func (s *source) load(ctx *kong.Context) {
	if s.read {
		return
	}
	s.read = true
	path := given(ctx, "config")
	if path == "" {
		path = s.env[Key("config")]
	}
	if path == "" {
		return
	}
	if err := s.readFile(path); err != nil {
		s.faults.add(Key("config"), "%s", err)
	}
}

const mostFile = 1 << 20

func (s *source) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if len(data) > mostFile {
		return fmt.Errorf("%q is larger than 1 MiB", clip(path))
	}
	var values map[string]any
	if err := yaml.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("%q is neither YAML nor JSON with one level of keys: %s", clip(path), firstLine(err))
	}
	s.take(values)
	return nil
}

// take keeps the values of the file under their flag names and faults unknown keys.
func (s *source) take(values map[string]any) {
	var keys []string
	for _, f := range fields()[1:] {
		keys = append(keys, fileKey(f.Flag))
	}
	for key, value := range values {
		if !slices.Contains(keys, key) {
			s.faults.add(key, "%s", unknown("The file has a key that does not exist", key, keys, ""))
			continue
		}
		text, ok := scalar(value)
		if !ok {
			s.faults.add(Key(key), "The file must give one value, or a list of values.")
			continue
		}
		s.file[strings.ReplaceAll(key, "_", "-")] = text
	}
}

func fileKey(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// scalar writes a value of the file as a flag would be written.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case map[string]any, map[any]any:
		return "", false
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			part, ok := scalar(one)
			if !ok {
				return "", false
			}
			parts[i] = part
		}
		return strings.Join(parts, ","), true
	default:
		return fmt.Sprint(v), true
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return clip(line)
}
