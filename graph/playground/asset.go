package playground

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheChecked = "no-cache"
)

// asset is a static file. Most are kept gzipped and unpacked only for the rare
// client that takes nothing else.
type asset struct {
	data      []byte
	gzipped   bool
	mediaType string
	cache     string
}

// mediaTypeOf is "" for a name that the bundle should not hold.
func mediaTypeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		return ""
	}
}

// readAssets loads the bundle, by the names that the page asks for.
func readAssets(files embed.FS, dir string) (map[string]asset, error) {
	entries, err := files.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("playground: read bundle: %w", err)
	}
	assets := make(map[string]asset, len(entries))
	for _, entry := range entries {
		if entry.Name() == manifestName {
			continue
		}
		data, err := files.ReadFile(path.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("playground: read bundle: %w", err)
		}
		name, gzipped := strings.CutSuffix(entry.Name(), ".gz")
		mediaType := mediaTypeOf(name)
		if mediaType == "" {
			return nil, fmt.Errorf("playground: bundle file %s has no known media type", entry.Name())
		}
		cache := cacheForever
		if path.Ext(name) == ".txt" {
			cache = cacheChecked
		}
		assets[name] = asset{data: data, gzipped: gzipped, mediaType: mediaType, cache: cache}
	}
	return assets, nil
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.mediaType)
	header.Set("Cache-Control", a.cache)
	if !a.gzipped {
		a.write(w, r, a.data)
		return
	}
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		a.write(w, r, a.data)
		return
	}
	plain, err := gunzip(a.data)
	if err != nil {
		http.Error(w, "the file could not be unpacked", http.StatusInternalServerError)
		return
	}
	a.write(w, r, plain)
}

func (a asset) write(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method == http.MethodHead {
		return
	}
	// A failed write means that the client is gone; there is nobody left to tell.
	_, _ = w.Write(data)
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" is a refusal.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		value, found := strings.CutPrefix(strings.TrimSpace(quality), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(value, 64)
		return err == nil && q > 0
	}
	return false
}

func gunzip(data []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
