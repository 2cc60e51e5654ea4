package fold

import (
	"testing"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// At processed a slot can die or lose its fork, and only statuses of other levels tell.
func TestStatusesAtProcessedTellOfDeadSlots(t *testing.T) {
	for commitment, all := range map[geyserpb.CommitmentLevel]bool{
		geyserpb.CommitmentLevel_PROCESSED: true, geyserpb.CommitmentLevel_CONFIRMED: false, geyserpb.CommitmentLevel_FINALIZED: false,
	} {
		if f := statuses(commitment); f.GetFilterByCommitment() == all || f.GetInterslotUpdates() != all {
			t.Errorf("%v: by commitment %v, lifecycle %v", commitment, f.GetFilterByCommitment(), f.GetInterslotUpdates())
		}
	}
}
