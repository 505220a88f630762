package limit

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Bounds of the errors of one answer. The rest of the 8 KB is for what a transport puts around them.
const (
	mostErrors     = 20
	mostErrorBytes = 7 << 10
	longestMessage = 300
)

// Trim returns the first errors of a list, at most 20 and 7 KB of JSON, with messages cut to 300 characters and paths
// left out where they are longer than that. Of a list that is not empty at least one error remains. The list itself is
// not altered.
func Trim(list gqlerror.List) gqlerror.List {
	var kept gqlerror.List
	room := mostErrorBytes
	for _, err := range list {
		if len(kept) == mostErrors {
			break
		}
		short := *err
		short.Message = shorten(err.Message, longestMessage)
		short.Locations = err.Locations[:min(len(err.Locations), mostErrors)]
		if len(short.Path.String()) > longestMessage {
			short.Path = nil
		}
		if len(kept) == 0 && size(&short) > room {
			short.Extensions = map[string]any{"code": err.Extensions["code"]}
		}
		if room -= size(&short); room < 0 && len(kept) > 0 {
			break
		}
		kept = append(kept, &short)
	}
	return kept
}

func size(err *gqlerror.Error) int {
	b, failed := json.Marshal(err)
	if failed != nil {
		return mostErrorBytes + 1
	}
	return len(b)
}
