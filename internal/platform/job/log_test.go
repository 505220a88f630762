package job

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestRiversLog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	l := slog.New(warnings{slog.NewTextHandler(&b, nil)})
	l.Info("chatter")
	l.Error("stopping", "error", "begin: context canceled")
	l.Error("broken", "error", "no such table")
	if got := b.String(); strings.Contains(got, "chatter") || strings.Contains(got, "stopping") || !strings.Contains(got, "broken") {
		t.Errorf("the log has %s", got)
	}
}
