package config

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Prefix begins the key of every setting in the environment. Keys that begin with KARNAK_TEST_ belong to the tests and are
// passed over.
const (
	Prefix     = "KARNAK_"
	testPrefix = Prefix + "TEST_"
)

// Load reads a configuration from flags and an environment (as os.Environ gives it) without any command. The error is a
// Faults with everything that is wrong.
func Load(args, environ []string) (*Config, error) {
	var cli struct {
		Config `embed:""`
	}
	_, err := Parse(&cli, &cli.Config, args, environ, kong.Name("karnak"), kong.NoDefaultHelp(), kong.Writers(io.Discard, io.Discard))
	return &cli.Config, err
}

// Parse reads a command line whose grammar embeds cfg, and cfg from flags, environment and file. A command line that cannot
// be understood gives a nil context; otherwise the context is there even when the error holds faults of the settings.
func Parse(grammar any, cfg *Config, args, environ []string, options ...kong.Option) (*kong.Context, error) {
	env, faults := environment(environ)
	src := &source{env: env, file: map[string]string{}}
	mapper, flags := settings{bad: map[string]string{}}, map[string]string{}
	// Kong reads the flags, then the defaults, then the rest: a good default does not mend a bad flag.
	keep := kong.WithBeforeReset(func() error { maps.Copy(flags, mapper.bad); return nil })
	options = append(options, kong.NamedMapper("setting", mapper), kong.Resolvers(src), kong.ValueFormatter(helpText), keep)
	parser, err := kong.New(grammar, options...)
	if err != nil {
		return nil, fmt.Errorf("command line grammar: %w", err)
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return nil, Join(err, faults.err())
	}
	maps.Copy(mapper.bad, flags)
	faults = append(faults, src.faults...)
	for name, message := range mapper.bad {
		faults.add(Key(name), "%s", message)
	}
	faults = append(faults, cfg.check(mapper.bad)...)
	return ctx, faults.err()
}

// Key is the key of the setting with this flag name.
func Key(flag string) string { return Prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) }

// environment picks the keys of karnak and faults those it does not know.
func environment(environ []string) (map[string]string, Faults) {
	known := map[string]bool{}
	var names []string
	for _, s := range fields() {
		known[s.Key] = true
		names = append(names, strings.TrimPrefix(s.Key, Prefix))
	}
	env := map[string]string{}
	var faults Faults
	for _, pair := range environ {
		key, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(key, Prefix) || strings.HasPrefix(key, testPrefix):
		case known[key]:
			env[key] = value
		default:
			faults.add(key, "%s", unknown("There is no such key", strings.TrimPrefix(key, Prefix), names, Prefix))
		}
	}
	return env, faults
}

func unknown(what, word string, candidates []string, prefix string) string {
	if near, ok := nearest(word, candidates); ok {
		return fmt.Sprintf("%s; did you mean %s%s?", what, prefix, near)
	}
	return what + "."
}

// setting is one field of Config as its tags describe it.
type setting struct {
	Flag, Key, Help         string
	Development, Production string
}

// fields lists the settings in the order of the struct.
func fields() []setting {
	t := reflect.TypeFor[Config]()
	out := make([]setting, 0, t.NumField())
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		s := setting{Flag: tag.Get("name"), Key: Key(tag.Get("name")), Help: tag.Get("help"), Development: tag.Get("default")}
		s.Production = s.Development
		if p, ok := tag.Lookup("production"); ok {
			s.Production = p
		}
		out = append(out, s)
	}
	return out
}

func helpText(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Tag.Type == "setting" {
		text += " [" + Key(v.Name) + "]"
	}
	return text
}
