package playground

import (
	"bytes"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

func bundled(t *testing.T) map[string]asset {
	t.Helper()
	assets, err := readAssets(files, "dist")
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func plain(t *testing.T, file asset) []byte {
	t.Helper()
	if !file.gzipped {
		return file.data
	}
	data, err := gunzip(file.data)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAssetsAreServedForEveryClient(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	hashed := regexp.MustCompile(`-[A-Z0-9]{8}\.\w+$`)
	for name, file := range bundled(t) {
		want := plain(t, file)
		response := do(t, h, "GET", assetPrefix+name, nil)
		if got := bodyOf(t, response); got != string(want) || response.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: a client without gzip does not get the plain file", name)
		}
		if path.Ext(name) != ".txt" && (!hashed.MatchString(name) || response.Header.Get("Cache-Control") != cacheForever) {
			t.Errorf("%s: Cache-Control %q", name, response.Header.Get("Cache-Control"))
		}
		if !file.gzipped {
			continue
		}
		packed := do(t, h, "GET", assetPrefix+name, map[string]string{"Accept-Encoding": "br, gzip"})
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: headers %v", name, packed.Header)
		}
		if !bytes.Equal([]byte(bodyOf(t, packed)), file.data) {
			t.Errorf("%s: the packed file differs", name)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"":                       false,
		"gzip":                   true,
		"deflate, GZIP;q=0.5":    true,
		"br":                     false,
		"gzip;q=0":               false,
		"gzip; q=0.0, br":        false,
		"gzip;q=nonsense":        false,
		"*":                      true,
		"identity, *;q=0":        false,
		"xgzip":                  false,
		"br;q=1.0, gzip;q=0.001": true,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %v", header, got)
		}
	}
}

var (
	bundleName = regexp.MustCompile(`(?:/assets/|["']\./)([\w.-]+-[A-Z0-9]{8}\.(?:js|css|woff2|ttf))`)
	styleURL   = regexp.MustCompile(`(?:url\(|@import\s+)["']?([^"')\s]+)`)
)

func TestEveryFileTheBundleNamesIsThere(t *testing.T) {
	t.Parallel()
	assets := bundled(t)
	named := map[string]bool{}
	for name, file := range assets {
		text := string(plain(t, file))
		for _, match := range bundleName.FindAllStringSubmatch(text, -1) {
			named[match[1]] = true
			if _, ok := assets[match[1]]; !ok {
				t.Errorf("%s names %s, which is not in the bundle", name, match[1])
			}
		}
		if path.Ext(name) != ".css" {
			continue
		}
		for _, match := range styleURL.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(match[1], assetPrefix) && !strings.HasPrefix(match[1], "data:") && !strings.HasPrefix(match[1], "#") {
				t.Errorf("%s loads %q", name, match[1])
			}
		}
	}
	for name := range assets {
		entry := strings.HasPrefix(name, "page-") || path.Ext(name) == ".txt"
		if !entry && !named[name] {
			t.Errorf("nothing names %s", name)
		}
	}
	if len(named) < 10 {
		t.Errorf("only %d names found in the bundle: the pattern no longer fits", len(named))
	}
}

func TestLicencesOfTheBundle(t *testing.T) {
	t.Parallel()
	text := bodyOf(t, do(t, newHandler(t), http.MethodGet, "/assets/LICENSES.txt", nil))
	for _, name := range []string{"graphiql 5", "monaco-editor 0", "react 19", "graphql-ws 6", "@fontsource/inter 5", "SIL OPEN FONT LICENSE"} {
		if !strings.Contains(text, name) {
			t.Errorf("LICENSES.txt lacks %q", name)
		}
	}
}
