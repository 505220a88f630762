package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaStream   = "text/event-stream"
	mediaParts    = "multipart/mixed"
)

// negotiate picks the media type of the answer. Where the client does not choose it is application/json, which old clients
// read; where it names both alike it is application/graphql-response+json. ok is false when it takes neither.
func negotiate(h http.Header) (media string, ok bool) {
	accept := h.Values("Accept")
	if len(accept) == 1 {
		switch accept[0] {
		case "*/*", mediaJSON:
			return mediaJSON, true
		case mediaResponse:
			return mediaResponse, true
		}
	}
	old, response := preference{}, preference{}
	named := false
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			named = true
			old.consider(part, mediaJSON)
			response.consider(part, mediaResponse)
		}
	}
	switch {
	case !named:
		return mediaJSON, true
	case old.q <= 0 && response.q <= 0:
		return mediaJSON, false
	case response.q > old.q, response.q == old.q && response.exact >= old.exact && response.exact == exactType:
		return mediaResponse, true
	default:
		return mediaJSON, true
	}
}

// weighs returns how much the client wants a media type that it names itself, 0 for one it does not name.
func weighs(h http.Header, media string) float64 {
	p := preference{}
	for _, line := range h.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			p.consider(part, media)
		}
	}
	if p.exact < exactType {
		return 0
	}
	return p.q
}

// How exactly a part of an Accept header speaks of a media type.
const (
	anyType = iota + 1
	anySubtype
	exactType
)

// preference is what a client said about one media type: the weight that goes with the most exact mention.
type preference struct {
	exact int
	q     float64
}

func (p *preference) consider(part, media string) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil {
		return
	}
	if c, given := params["charset"]; given && !strings.EqualFold(c, "utf-8") {
		return
	}
	exact := 0
	switch name {
	case media:
		exact = exactType
	case "application/*":
		exact = anySubtype
	case "*/*":
		exact = anyType
	}
	if exact == 0 || exact < p.exact {
		return
	}
	q := 1.0
	if s, given := params["q"]; given {
		if q, err = strconv.ParseFloat(s, 64); err != nil || !(q >= 0 && q <= 1) {
			return
		}
	}
	if exact > p.exact {
		*p = preference{exact, q}
	} else {
		p.q = max(p.q, q)
	}
}

// isJSON reports whether the body says it is JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == mediaJSON {
		return true
	}
	name, params, err := mime.ParseMediaType(contentType)
	if err != nil || name != mediaJSON {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
