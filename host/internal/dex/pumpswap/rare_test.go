package pumpswap_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// TestRare holds the discriminators of the events read by table, and their lengths over the history with every list empty.
func TestRare(t *testing.T) {
	dextest.Rare(t, pumpswap.Rare[:], []struct {
		Name  string
		Tag   uint64
		Sizes []int
	}{
		{"CollectCoinCreatorFeeEvent", 0xe8f5c2eeeada3a59, []int{120}},
		{"SweepPoolFeeEvent", 0x82a42461e48287a5, []int{185}},
		{"InitBoostEvent", 0xae7c4af90451f611, []int{136}},
		{"BoostBuyAndBurnEvent", 0x3f451c16305cc2b9, []int{208}},
		{"SetBondingCurveCoinCreatorEvent", 0xf2e7eb664163bdd3, []int{144}},
		{"SetMetaplexCoinCreatorEvent", 0x966bc77b7ccf66e4, []int{144}},
		{"MigratePoolCoinCreatorEvent", 0xaadd52c793a5f72e, []int{176}},
		{"AdminCtoPoolEvent", 0x2f23a3f9969d937a, []int{162}},
		{"ClaimCashbackEvent", 0xe2d6f62107f293e5, []int{72}},
		{"CreateConfigEvent", 0x6b34598137e25116, []int{320, 328, 360}},
		{"UpdateFeeConfigEvent", 0x5a1741233ef4bcd0, []int{320, 328, 360}},
		{"UpdateAdminEvent", 0xe198ab57f63f42ea, []int{80}},
		{"DisableEvent", 0x6bfdc14ce4ca1b68, []int{53}},
		{"UpdateCreatorFeeConfigEvent", 0x98c67c7c6af67fbf, []int{57}},
		{"SetBoostAuthorityEvent", 0x5980f08d5bca4769, []int{112}},
		{"ReservedFeeRecipientsEvent", 0x2bbcfa12dd4bbb5f, []int{272}},
		{"ExtendAccountEvent", 0x6161d7905d92167c, []int{96}},
		{"AdminUpdateTokenIncentivesEvent", 0x93fa6c78f71d43de, []int{40, 88}},
		{"ClaimTokenIncentivesEvent", 0x4facf631cd5bcee8, []int{80, 88, 104}},
		{"InitUserVolumeAccumulatorEvent", 0x86240d48e86582d8, []int{80}},
		{"SyncUserVolumeAccumulatorEvent", 0xc57aa77c74515bff, []int{56, 64}},
		{"CloseUserVolumeAccumulatorEvent", 0x929fbdac925838f4, []int{48, 80}},
		{"AdminSetCoinCreatorEvent", 0x2ddc5d181961ac68, []int{176}},
		{"SetCoinCreatorFeeBpsEvent", 0xe68af19e1ce8e4d3, []int{128}},
	})
}
