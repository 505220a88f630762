package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong, and the key of the setting to change.
type Fault struct{ Key, Message string }

// Faults is everything that is wrong with a configuration. Its text has one line per fault, each beginning with a key.
type Faults []Fault

func (f Faults) Error() string {
	noun := "faults"
	if len(f) == 1 {
		noun = "fault"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d %s", len(f), noun)
	for _, one := range f {
		fmt.Fprintf(&b, "\n  %s: %s", one.Key, one.Message)
	}
	return b.String()
}

// Join puts the faults of several errors into one; an error of another kind is kept beside them. Nil for no error.
func Join(errs ...error) error {
	var all Faults
	var others []error
	for _, err := range errs {
		var f Faults
		switch {
		case err == nil:
		case errors.As(err, &f):
			all = append(all, f...)
		default:
			others = append(others, err)
		}
	}
	if err := all.err(); err != nil {
		others = append(others, err)
	}
	if len(others) == 1 {
		return others[0]
	}
	return errors.Join(others...)
}

// err orders the faults by key and keeps the first of each key; nil when there is none.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	out := slices.Clone(f)
	slices.SortStableFunc(out, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(out, func(a, b Fault) bool { return a.Key == b.Key })
}

func (f *Faults) add(key, format string, args ...any) {
	*f = append(*f, Fault{key, fmt.Sprintf(format, args...)})
}

// nearest returns the candidate with the fewest edits to reach it, if they are few enough to be a slip of the pen.
func nearest(word string, candidates []string) (string, bool) {
	best, least := "", len(word)/3+1
	for _, c := range candidates {
		if d := distance(word, c); d <= least && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best, best != ""
}

// distance is the number of insertions, deletions and substitutions between two words (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			step := diagonal
			if a[i] != b[j] {
				step++
			}
			diagonal = row[j+1]
			row[j+1] = min(step, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
