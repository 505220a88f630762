package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// settings is the mapper of every field of Config. It notes a value that cannot be read instead of failing, so that one bad
// value does not hide the next.
type settings struct{ bad map[string]string }

// IsBoolFromValue lets kong accept --playground without a value.
func (settings) IsBoolFromValue(v reflect.Value) bool { return v.Kind() == reflect.Bool }

// Decode reads one value into its field.
func (s settings) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	name := ctx.Value.Name
	if target.Kind() == reflect.Bool && ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	var text string
	if err := ctx.Scan.PopValueInto("value", &text); err != nil {
		return err
	}
	delete(s.bad, name)
	value, err := decode(target.Interface(), text)
	if err != nil {
		s.bad[name] = err.Error()
		return nil //nolint:nilerr // noted, so that the next fault is seen too
	}
	target.Set(reflect.ValueOf(value).Convert(target.Type()))
	return nil
}

// decode reads a text as a value of the same type as like.
func decode(like any, text string) (any, error) {
	switch like.(type) {
	case bool:
		return decodeBool(text)
	case int:
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", clip(text))
		}
		return n, nil
	case time.Duration:
		d, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is not a duration like 500ms, 15m or 720h", clip(text))
		}
		return d, nil
	case slog.Level:
		return decodeLevel(text)
	case Profile:
		p := Profile(strings.ToLower(strings.TrimSpace(text)))
		if p != Development && p != Production {
			return nil, fmt.Errorf("%q is neither development nor production", clip(text))
		}
		return p, nil
	case Bytes:
		return parseBytes(text)
	case []string:
		return list(text), nil
	case []netip.Prefix:
		return decodePrefixes(text)
	case Secret:
		return NewSecret(text), nil
	default: // string and URL
		return strings.TrimSpace(text), nil
	}
}

func decodeBool(text string) (any, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return nil, fmt.Errorf("%q is neither true nor false", clip(text))
}

func decodeLevel(text string) (any, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return nil, fmt.Errorf("%q is none of debug, info, warn, error", clip(text))
}

func decodePrefixes(text string) (any, error) {
	var out []netip.Prefix
	for _, s := range list(text) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network like 10.0.0.0/8", clip(s))
		}
		out = append(out, p)
	}
	return out, nil
}

// list splits at commas and drops what is blank.
func list(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
