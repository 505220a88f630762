package guard

import (
	"context"

	"karnak/ent/enum"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// perTier is how many times as many streams a tier has as the one below it. The highest has no limit.
const perTier = 10

// Room says whether a workspace may have so many streams open on this node. Its tier is looked at only where there are more than
// the lowest one has. THROTTLED tells whose limit it is.
func (g *Guard) Room(ctx context.Context, workspaceID string, open int) error {
	if g.streams == 0 || open <= g.streams || workspaceID == id.Platform {
		return nil
	}
	has, err := g.Tier(ctx, workspaceID)
	if err != nil {
		return err
	}
	most := g.streams
	for _, t := range []enum.Tier{enum.Solopreneur, enum.Startup, enum.SME} {
		if has == t && open > most {
			return fault.New(fault.Throttled, "As many live streams of this workspace are open here as the tier %s has: %d. Close some, or choose a higher tier.", t, most)
		}
		most *= perTier
	}
	return nil
}
