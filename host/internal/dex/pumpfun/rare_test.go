package pumpfun_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// TestRare holds the discriminators of the events read by table, and their lengths over the history with every list empty.
func TestRare(t *testing.T) {
	dextest.Rare(t, pumpfun.Rare[:], []struct {
		Name  string
		Tag   uint64
		Sizes []int
	}{
		{"SweepBondingCurveFeeEvent", 0x742b4dbd117a482b, []int{153}},
		{"CollectCreatorFeeEvent", 0x7a027f010ebf0caf, []int{56, 88}},
		{"ExtendAccountEvent", 0x6161d7905d92167c, []int{96}},
		{"UpdateMayhemVirtualParamsEvent", 0x757be4b6a1a8dcd6, []int{96}},
		{"SetCreatorEvent", 0xed347b25f5fb48d2, []int{112}},
		{"SetMetaplexCreatorEvent", 0x8ecb06207f69bfa2, []int{144}},
		{"MigrateBondingCurveCreatorEvent", 0x9ba768dcd56cf303, []int{176}},
		{"AdminCtoEvent", 0x6e7ce262aaff1178, []int{204}},
		{"DistributeCreatorFeesEvent", 0xa537817004b3ca28, []int{156, 188}},
		{"DistributeFeeToHoldersEvent", 0xe3bed7ceb0b4a584, []int{96}},
		{"MinimumDistributableFeeEvent", 0xa8d884efebb63134, []int{25}},
		{"ClaimCashbackEvent", 0xe2d6f62107f293e5, []int{72}},
		{"SetParamsEvent", 0xdfc39ff63e308f83, []int{369, 401, 433}},
		{"UpdateGlobalAuthorityEvent", 0xb6c3892a23cecff7, []int{112}},
		{"UpdateCreatorFeeConfigEvent", 0x98c67c7c6af67fbf, []int{57}},
		{"AddQuoteControlMintEvent", 0xa4af574a582d213e, []int{120}},
		{"RemoveQuoteControlMintEvent", 0x2e21568600d5d130, []int{112}},
		{"SetQuoteControlAdminEvent", 0x4af88d45ca511ef7, []int{144}},
		{"SetQuoteControlReservesAdminEvent", 0x43fbb3b6575ca921, []int{144}},
		{"SetQuoteControlMintReservesEvent", 0xa943276d6686b6e8, []int{128}},
		{"ReservedFeeRecipientsEvent", 0x2bbcfa12dd4bbb5f, []int{272}},
		{"AdminUpdateTokenIncentivesEvent", 0x93fa6c78f71d43de, []int{40, 88}},
		{"ClaimTokenIncentivesEvent", 0x4facf631cd5bcee8, []int{80, 88, 104}},
		{"InitUserVolumeAccumulatorEvent", 0x86240d48e86582d8, []int{80}},
		{"SyncUserVolumeAccumulatorEvent", 0xc57aa77c74515bff, []int{56, 64}},
		{"CloseUserVolumeAccumulatorEvent", 0x929fbdac925838f4, []int{48, 80}},
		{"AdminSetIdlAuthorityEvent", 0xf53b46224bb96d5c, []int{40}},
		{"AdminSetCreatorEvent", 0x4045c0681d1e196b, []int{176}},
		{"SetCreatorFeeBpsEvent", 0x35a1d7b164767b2d, []int{128}},
	})
}
