package transport

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

const methods = "GET, POST"

// read takes the parameters out of a request, or says why not.
func (h *HTTP) read(r *http.Request, acceptable bool) (*graphql.RawParams, *refusal) {
	start := h.clock.Now()
	var params *graphql.RawParams
	var refused *refusal
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		f := refuse(http.StatusMethodNotAllowed, "Use GET or POST.")
		f.allow = methods
		return nil, f
	case !acceptable:
		return nil, refuse(http.StatusNotAcceptable, "Accept %s or %s.", mediaResponse, mediaJSON)
	case r.Method == http.MethodGet:
		params, refused = h.readURL(r.URL.RawQuery)
	default:
		params, refused = h.readBody(r)
	}
	if refused != nil {
		return nil, refused
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: h.clock.Now()}
	return params, nil
}

func (h *HTTP) readBody(r *http.Request) (*graphql.RawParams, *refusal) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, refuse(http.StatusUnsupportedMediaType, "Send the request as %s in UTF-8.", mediaJSON)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, refuse(http.StatusUnsupportedMediaType, "Send the request without a content coding.")
	}
	if r.ContentLength > h.maxBody {
		return nil, h.tooLarge()
	}
	buf := h.buffers.get()
	defer h.buffers.put(buf)
	body, err := readAll(*buf, r.Body, h.maxBody+1)
	*buf = body
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		f := refuse(http.StatusRequestTimeout, "The request took too long to arrive.")
		f.hangUp = true
		return nil, f
	case err != nil:
		f := refuse(http.StatusBadRequest, "The request did not arrive whole.")
		f.hangUp = true
		return nil, f
	case int64(len(body)) > h.maxBody:
		return nil, h.tooLarge()
	}
	return parseBody(body, h.maxDepth)
}

// parseBody reads a request's body; variables and extensions may be nested depth levels.
func parseBody(body []byte, depth int) (*graphql.RawParams, *refusal) {
	m, _, err := readObject(body, depth+1, "")
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The request cannot be read: %s.", err)
	}
	params, err := paramsOf(m)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, err: err}
	}
	return params, nil
}

func (h *HTTP) tooLarge() *refusal {
	f := refuse(http.StatusRequestEntityTooLarge, "A request has at most %d bytes.", h.maxBody)
	f.hangUp = true
	return f
}

// readURL reads the parameters of a GET.
func (h *HTTP) readURL(raw string) (*graphql.RawParams, *refusal) {
	if int64(len(raw)) > h.maxBody {
		return nil, refuse(http.StatusRequestURITooLong, "A request has at most %d bytes.", h.maxBody)
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The URL cannot be read.")
	}
	m := map[string]any{}
	for _, key := range []string{"query", "operationName", "variables", "extensions"} {
		switch values := q[key]; {
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "`%s` is there twice.", key)
		case len(values) == 0 || values[0] == "":
		case !utf8.ValidString(values[0]):
			return nil, refuse(http.StatusBadRequest, "`%s` cannot be read: %s.", key, errEncoding)
		case key == "query" || key == "operationName":
			m[key] = values[0]
		case values[0] == "null":
		default:
			v, _, err := readObject([]byte(values[0]), h.maxDepth, "")
			if err != nil {
				return nil, refuse(http.StatusBadRequest, "`%s` cannot be read: %s.", key, err)
			}
			m[key] = v
		}
	}
	params, err := paramsOf(m)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, err: err}
	}
	return params, nil
}

// readAll appends what r has to b, at most limit bytes.
func readAll(b []byte, r io.Reader, limit int64) ([]byte, error) {
	r = io.LimitReader(r, limit)
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			if errors.Is(err, io.EOF) {
				return b, nil
			}
			return b, err
		}
	}
}
