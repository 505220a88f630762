package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed dist tabs index.html icon.svg
var files embed.FS

const (
	manifestName = "manifest.json"
	assetPrefix  = "/assets/"
	defaultTitle = "karnak"
)

// The editor sets styles by attribute and by element, so those stay allowed; scripts,
// workers and connections are this host's alone, and there are no inline scripts.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// manifest names the files of the bundle that the page loads first.
type manifest struct {
	Script string `json:"script"`
	Style  string `json:"style"`
}

// page is what the server tells the page's script.
type page struct {
	Endpoint  string     `json:"endpoint"`
	Title     string     `json:"title"`
	Version   string     `json:"version"`
	Edition   string     `json:"edition"`
	DemoUsers []DemoUser `json:"demoUsers"`
	Links     []Link     `json:"links"`
	Tabs      []tab      `json:"tabs"`
}

// Handler serves the page at / and its files below /assets/; it answers 404 for every
// other path and 405 for every method but GET and HEAD. It needs no sign-in and no
// network. The error names every fault of the configuration.
func Handler(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	assets, err := readAssets(files, "dist")
	if err != nil {
		return nil, err
	}
	icon, err := files.ReadFile("icon.svg")
	if err != nil {
		return nil, fmt.Errorf("playground: read icon: %w", err)
	}
	iconName := "icon-" + digest(icon) + ".svg"
	assets[iconName] = asset{data: icon, mediaType: mediaTypeOf(iconName), cache: cacheForever}
	index, err := renderIndex(cfg, iconName)
	if err != nil {
		return nil, err
	}
	return &handler{index: index, etag: `"` + digest(index) + `"`, assets: assets}, nil
}

type handler struct {
	index  []byte
	etag   string
	assets map[string]asset
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("X-Frame-Options", "DENY")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/" {
		h.serveIndex(w, r)
		return
	}
	name, below := strings.CutPrefix(r.URL.Path, assetPrefix)
	if file, ok := h.assets[name]; below && ok {
		file.serve(w, r)
		return
	}
	http.NotFound(w, r)
}

func (h *handler) serveIndex(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", cacheChecked)
	header.Set("ETag", h.etag)
	if r.Header.Get("If-None-Match") == h.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	asset{}.write(w, r, h.index)
}

func renderIndex(cfg Config, icon string) ([]byte, error) {
	data, err := files.ReadFile("dist/" + manifestName)
	if err != nil {
		return nil, fmt.Errorf("playground: read manifest: %w", err)
	}
	var bundle manifest
	if err := json.Unmarshal(data, &bundle); err != nil {
		return nil, fmt.Errorf("playground: read manifest: %w", err)
	}
	tabs, err := readTabs(files)
	if err != nil {
		return nil, err
	}
	source, err := files.ReadFile("index.html")
	if err != nil {
		return nil, fmt.Errorf("playground: read index: %w", err)
	}
	index, err := template.New("index.html").Parse(string(source))
	if err != nil {
		return nil, fmt.Errorf("playground: parse index: %w", err)
	}
	shown := newPage(cfg, tabs)
	var out bytes.Buffer
	err = index.Execute(&out, map[string]any{
		"Title": shown.Title, "Icon": icon, "Script": bundle.Script, "Style": bundle.Style, "Page": shown,
	})
	if err != nil {
		return nil, fmt.Errorf("playground: render index: %w", err)
	}
	return out.Bytes(), nil
}

// newPage fills what is left out; lists are never null, so the script need not ask.
func newPage(cfg Config, tabs []tab) page {
	title := cfg.Title
	if title == "" {
		title = defaultTitle
	}
	var documents bytes.Buffer
	for _, one := range tabs {
		documents.WriteString(one.Query + one.Variables)
	}
	return page{
		Endpoint:  cfg.Endpoint,
		Title:     title,
		Version:   cfg.Version,
		Edition:   digest(documents.Bytes()),
		DemoUsers: append([]DemoUser{}, cfg.DemoUsers...),
		Links:     append([]Link{}, cfg.Links...),
		Tabs:      tabs,
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}
