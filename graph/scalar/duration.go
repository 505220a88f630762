package scalar

import (
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/platform/fault"
)

// MarshalDuration writes a length of time as ISO 8601, in days and what is left of them; what is below a second is cut.
func MarshalDuration(d time.Duration) graphql.Marshaler {
	if d < time.Second {
		return graphql.MarshalString("PT0S")
	}
	out, clock := []byte{'P'}, false
	for _, u := range units[1:] {
		n := int64(d / u.length)
		if d %= u.length; n == 0 {
			continue
		}
		if u.length < day && !clock {
			out, clock = append(out, 'T'), true
		}
		out = append(strconv.AppendInt(out, n, 10), u.name)
	}
	return graphql.MarshalString(string(out))
}

const day = 24 * time.Hour

// units are those of a Duration, in the order of the groups of written.
var units = []struct {
	name   byte
	length time.Duration
}{{'W', 7 * day}, {'D', day}, {'H', time.Hour}, {'M', time.Minute}, {'S', time.Second}}

var written = regexp.MustCompile(`^P(?:([0-9]{1,6})W|(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,8})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,11})S)?)?)$`)

// UnmarshalDuration reads a length of time.
func UnmarshalDuration(v any) (time.Duration, error) {
	s, _ := v.(string)
	groups := written.FindStringSubmatch(s)
	sum, given := 0.0, false
	var d time.Duration
	for i, u := range units {
		if groups == nil || groups[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(groups[i+1], 10, 64)
		if err != nil {
			return 0, badDuration()
		}
		sum, given = sum+float64(n)*float64(u.length), true
		d += time.Duration(n) * u.length
	}
	if !given || sum > math.MaxInt64/2 || s[len(s)-1] == 'T' {
		return 0, badDuration()
	}
	return d, nil
}

func badDuration() error {
	return fault.New(fault.BadUserInput, "A Duration is written like P30D or PT36H, and is no longer than a century.")
}
