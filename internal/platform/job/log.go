package job

import (
	"context"
	"log/slog"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// warnings keeps what River tells for its own sake out of the log.
type warnings struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// Handle drops what River tells of statements that ended because the queue stops.
func (w warnings) Handle(ctx context.Context, r slog.Record) error {
	stopping := false
	r.Attrs(func(a slog.Attr) bool {
		stopping = strings.HasSuffix(a.Value.String(), context.Canceled.Error())
		return !stopping
	})
	if stopping {
		return nil
	}
	return w.Handler.Handle(ctx, r)
}

// WithAttrs keeps the level.
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

// WithGroup keeps the level.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// failures logs failed jobs; River decides what becomes of them.
type failures struct{ logger *slog.Logger }

// HandleError logs an attempt that returned an error.
func (f failures) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log(ctx, j, "error", err.Error())
	return nil
}

// HandlePanic logs an attempt that panicked, with its stack.
func (f failures) HandlePanic(ctx context.Context, j *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log(ctx, j, "panic", value, "stack", trace)
	return nil
}

func (f failures) log(ctx context.Context, j *rivertype.JobRow, more ...any) {
	level, text := slog.LevelWarn, "a job failed and is tried again"
	if j.Attempt >= j.MaxAttempts {
		level, text = slog.LevelError, "a job failed and is given up"
	}
	f.logger.Log(ctx, level, text, append([]any{"kind", j.Kind, "job", j.ID, "attempt", j.Attempt}, more...)...)
}
