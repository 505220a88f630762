package guard_test

import (
	"context"
	"strings"
	"testing"

	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/internal/core/guard"
	"karnak/internal/platform/fault"
)

func TestRoomIsByTier(t *testing.T) {
	t.Parallel()
	each(t, func(p *place) {
		limited, err := guard.New(guard.Config{DB: p.db, Log: p.log, Clock: p.clock, Streams: 5})
		if err != nil {
			p.t.Fatal(err)
		}
		for tier, most := range map[enum.Tier]int{enum.Solopreneur: 5, enum.Startup: 50, enum.SME: 500, enum.Enterprise: 1 << 30} {
			p.write(func(ctx context.Context, tx *entgen.Client) error {
				return tx.Workspace.UpdateOneID(p.workspace).SetTier(tier).Exec(ctx)
			})
			if err := limited.Room(p.t.Context(), p.workspace, most); err != nil {
				p.t.Errorf("%s has no room for %d: %v", tier, most, err)
			}
			if tier == enum.Enterprise {
				continue
			}
			if err := limited.Room(p.t.Context(), p.workspace, most+1); fault.CodeOf(err) != fault.Throttled || !strings.Contains(err.Error(), string(tier)) {
				p.t.Errorf("%s has room for %d: %v", tier, most+1, err)
			}
		}
		// Without a limit nothing is asked.
		if err := p.Room(p.t.Context(), p.workspace, 1<<30); err != nil {
			p.t.Error(err)
		}
	})
}
