package decode

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
)

// TestKeptLeg makes trades under every schedule that a coin may have: the leg is found or refused, never another one.
func TestKeptLeg(t *testing.T) {
	found, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schedules := rapid.SampledFrom([][]keptRates{curveSchedules, poolSchedules}).Draw(t, "venue")
		s := rapid.SampledFrom(schedules).Draw(t, "schedule")
		creator := rapid.Uint64Range(0, maxCreatorRate).Draw(t, "creator")
		buy := rapid.Bool().Draw(t, "buy")
		leg := rapid.OneOf(rapid.Uint64Range(1, 5_000), rapid.Uint64Range(1_000_000, 1_000_000_000_000)).Draw(t, "leg")
		lp, _ := dex.Fee(leg, s.lp)
		protocol, _ := dex.Fee(leg, s.protocol)
		share, _ := dex.Fee(leg, creator)
		user, ok := withFees(leg, lp+protocol+share, buy)
		if !ok {
			t.Skip("fees above the leg")
		}
		all++
		got, ok := keptLeg(user, protocol/2, buy, schedules)
		if ok && got != leg {
			t.Fatalf("leg %d of a user's %d", got, user)
		}
		if ok {
			found++
		}
	})
	t.Logf("found %d of %d", found, all)
}

// BenchmarkKeptLeg is the search at its longest: three schedules and every creator's rate.
func BenchmarkKeptLeg(b *testing.B) {
	for b.Loop() {
		if leg, ok := keptLeg(1_012_500_000, 4_650_000, true, poolSchedules); ok && leg == 0 {
			b.Fatal("a leg of nothing")
		}
	}
}
