package config

import (
	"fmt"
	"regexp"
	"strconv"
)

// Model is a language model as a setting names it. Prices are in millionths of a US dollar for a million tokens.
type Model struct {
	Name          string
	Context, Most int
	Priced        bool
	Input, Output int64
	Cached        int64
}

// mostTokens bounds an answer where the setting does not.
const mostTokens = 4096

var modelSetting = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._:/+-]{0,79})(?:@(\d{3,9})(?:/(\d{1,9}))?)?(?:=(\d{1,5}(?:\.\d{1,6})?)/(\d{1,5}(?:\.\d{1,6})?)(?:/(\d{1,5}(?:\.\d{1,6})?))?)?$`)

// ParseModel reads name@context/answer=input/output/cached.
func ParseModel(text string) (Model, error) {
	g := modelSetting.FindStringSubmatch(text)
	if g == nil {
		return Model{}, fmt.Errorf("%q is not written like name@128000/4096=0.40/1.60/0.10", clip(text))
	}
	m := Model{Name: g[1], Most: mostTokens}
	if g[2] != "" {
		m.Context, _ = strconv.Atoi(g[2])
	}
	if g[3] != "" {
		m.Most, _ = strconv.Atoi(g[3])
	}
	if m.Most < 1 || m.Context > 0 && m.Most >= m.Context {
		return m, fmt.Errorf("%q: an answer has at least one token, and fewer than the context", clip(text))
	}
	if g[4] == "" {
		return m, nil
	}
	m.Priced, m.Input, m.Output = true, micros(g[4]), micros(g[5])
	if m.Cached = m.Input; g[6] != "" {
		m.Cached = micros(g[6])
	}
	return m, nil
}

// micros reads dollars.
func micros(s string) int64 {
	const million = 1_000_000
	f, _ := strconv.ParseFloat(s, 64) // the expression lets nothing else through
	return int64(f*million + 0.5)
}
