package fault_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/fault"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		err       error
		code      fault.Code
		retryable bool
		text      string
	}{
		{"anonymous", fault.SignInNeeded(), fault.Unauthenticated, false, "UNAUTHENTICATED"},
		{"denied names the permission", fault.Denied("chat:write"), fault.Forbidden, false, "chat:write"},
		{"absent", fault.Absent(), fault.NotFound, false, "no such object"},
		{"throttled", fault.Throttle(1500 * time.Millisecond), fault.Throttled, true, "in 2 s"},
		{"unavailable", fault.New(fault.Unavailable, "later"), fault.Unavailable, true, "later"},
		{"a user error", fault.User(fault.Taken, "slug", "%s is taken.", "acme"), fault.BadUserInput, false, "[TAKEN [input slug] acme is taken.]"},
		{"a cause is in the log line", fault.Wrap(context.Canceled, fault.Internal, "broken"), fault.Internal, false, "INTERNAL: broken: context canceled"},
		{"wrapped", fmt.Errorf("in a service: %w", fault.Absent()), fault.NotFound, false, "in a service"},
		{"any other", errors.New("pq: relation"), fault.Internal, false, "pq"},
		{"none", nil, fault.Internal, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fault.CodeOf(c.err); got != c.code || got.Retryable() != c.retryable {
				t.Errorf("%s, retryable %v", got, got.Retryable())
			}
			if c.err != nil && !strings.Contains(c.err.Error(), c.text) {
				t.Errorf("%q lacks %q", c.err, c.text)
			}
		})
	}
	if d := fault.Throttle(time.Second).RetryAfter; d != time.Second {
		t.Errorf("retry after %v", d)
	}
}

func TestIsComparesCodes(t *testing.T) {
	t.Parallel()
	missing := fault.New(fault.NotFound, "")
	cause := errors.New("cause")
	wrapped := fault.Wrap(cause, fault.NotFound, "gone")
	switch {
	case !errors.Is(wrapped, missing):
		t.Error("the same code is not found")
	case !errors.Is(wrapped, cause):
		t.Error("the cause is not found")
	case errors.Is(fault.Denied("x"), missing):
		t.Error("another code is found")
	case errors.Is(wrapped, fault.Absent()):
		t.Error("an error with a message of its own stands for a code")
	case errors.Is(wrapped, errors.New("cause")):
		t.Error("an error of another type is found")
	}
}

func TestIssuesReportAllAtOnce(t *testing.T) {
	t.Parallel()
	var i fault.Issues
	if err := i.Err(); err != nil {
		t.Fatalf("nothing is wrong: %v", err)
	}
	i.Add(fault.Required, "name", "Give a name.")
	i.Add(fault.Conflict, "", "It was changed %s.", "meanwhile")
	var e *fault.Error
	if !errors.As(i.Err(), &e) || e.Code != fault.BadUserInput {
		t.Fatal(i.Err())
	}
	want := []fault.UserError{{fault.Required, []string{"input", "name"}, "Give a name."}, {fault.Conflict, nil, "It was changed meanwhile."}}
	if !reflect.DeepEqual(e.Issues, want) {
		t.Errorf("%+v", e.Issues)
	}
}
