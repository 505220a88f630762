package tool

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"karnak/internal/platform/egress"
	"karnak/internal/platform/httpclient"
)

// fetched is what was fetched. Text is that of a page in HTML without its marks.
type fetched struct {
	URL       string `json:"url"`
	Status    int    `json:"status"`
	Type      string `json:"type"`
	Text      string `json:"text"`
	Truncated bool   `json:"truncated"`
}

// mostFetched bounds what is read of an answer, mostText what is told of it, in bytes.
const mostFetched, mostText = 1 << 20, 64 << 10

// agent is how karnak names itself to servers.
const agent = "karnak (tool karnak_fetch_url)"

func (s *Service) fetch(ctx context.Context, _ string, arguments json.RawMessage) (any, error) {
	var in struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	u, err := s.Egress.URL(in.URL)
	if err != nil {
		return nil, fail(Forbidden, "%s.", sentence(err.Error()))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fail(InvalidArguments, "This is no address that can be fetched.")
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", "text/html, text/plain, application/json, */*;q=0.1")
	res, err := s.HTTP.Do(r)
	if err != nil {
		return nil, unfetched(ctx, u, err)
	}
	defer func() { _ = res.Body.Close() }()
	return taken(ctx, u, res)
}

func taken(ctx context.Context, u *url.URL, res *http.Response) (*fetched, error) {
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/octet-stream"
	}
	out := &fetched{URL: u.String(), Status: res.StatusCode, Type: kind}
	if !strings.HasPrefix(kind, "text/") && !strings.HasSuffix(kind, "json") && !strings.HasSuffix(kind, "xml") {
		return nil, fail(Unavailable, "%s is of the type %s, of which no text can be told.", u.Host, kind)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, mostFetched))
	if err != nil {
		return nil, unfetched(ctx, u, err)
	}
	text := strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "")
	if kind == "text/html" || kind == "application/xhtml+xml" {
		text = unmarked(text)
	}
	out.Truncated = len(b) == mostFetched
	if out.Text = text; len(text) > mostText {
		out.Text, out.Truncated = cut(text, mostText), true
	}
	return out, nil
}

func unfetched(ctx context.Context, u *url.URL, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, egress.ErrRefused):
		return fail(Forbidden, "%s leads to an address that karnak does not fetch from.", u.Hostname())
	case errors.Is(err, httpclient.ErrElsewhere):
		return fail(Unavailable, "%s sends elsewhere: redirects are not followed.", u.Hostname())
	}
	return fail(Unavailable, "%s could not be reached, or broke off.", u.Hostname())
}

// unmarked is the text of a page: without marks, scripts and styles, a line for each block.
func unmarked(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var out strings.Builder
	silent := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(out.String())
		case html.TextToken:
			if silent == 0 {
				out.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if hushed(atom.Lookup(name)) {
				silent++
			}
			if !inline(atom.Lookup(name)) {
				out.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if hushed(atom.Lookup(name)) && silent > 0 {
				silent--
			}
			if !inline(atom.Lookup(name)) {
				out.WriteByte('\n')
			}
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

func hushed(a atom.Atom) bool {
	return a == atom.Script || a == atom.Style || a == atom.Noscript || a == atom.Template
}

func inline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.B, atom.I, atom.Em, atom.Strong, atom.Span, atom.Code, atom.Small, atom.Sub, atom.Sup, atom.U, atom.Mark, atom.Abbr, atom.Q:
		return true
	}
	return false
}

// tidy leaves one space between words and one line end between lines.
func tidy(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		if words := strings.Fields(line); len(words) > 0 {
			out = append(out, strings.Join(words, " "))
		}
	}
	return strings.Join(out, "\n")
}

// cut cuts a text at a character.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
