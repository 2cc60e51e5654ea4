package pumpfees_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfees"
)

// TestRare holds the discriminators of the events read by table, and their lengths over the history with every list empty.
func TestRare(t *testing.T) {
	dextest.Rare(t, pumpfees.Rare[:], []struct {
		Name  string
		Tag   uint64
		Sizes []int
	}{
		{"CreateFeeSharingConfigEvent", 0x8569aac8b874fb58, []int{150}},
		{"UpdateFeeSharesEvent", 0x15bac4b85be4e1cb, []int{116, 117}},
		{"ResetFeeSharingConfigEvent", 0xcbcc97e27837d6f3, []int{152, 154}},
		{"SocialFeePdaCreated", 0xb7b7da93187c89a9, []int{85}},
		{"SocialFeePdaClaimed", 0x3212c141edd2eaec, []int{157, 189, 197}},
		{"DonationFeePdaCreated", 0x5e1489ef234de1eb, []int{208}},
		{"DonationFeePdaCranked", 0x1ed06b5db100df4e, []int{216}},
		{"SweepBuybackEvent", 0x2b382ad69939a689, []int{121}},
		{"UpdateFeeConfigEvent", 0x5a1741233ef4bcd0, []int{108}},
		{"UpsertFeeTiersEvent", 0xab59a9bb7aba21cc, []int{85}},
		{"UpdateStableFeeConfigEvent", 0x5e052bed6793e8f5, []int{108}},
		{"UpsertStableFeeTiersEvent", 0xe8eded34629249f3, []int{85}},
		{"SetExoticFlatFeesEvent", 0xc38a6c0f084d4409, []int{104}},
		{"InitializeFeeConfigEvent", 0x598af4e60a38e27e, []int{80}},
		{"UpdateAdminEvent", 0xe198ab57f63f42ea, []int{80}},
		{"ExtendFeeConfigEvent", 0xe2cbe023990a5833, []int{96}},
		{"InitializeFeeProgramGlobalEvent", 0x28e99c4e5f0008c7, []int{89}},
		{"SetAuthorityEvent", 0x12af8442d0c957f2, []int{80}},
		{"SetClaimRateLimitEvent", 0x0d8f8febb5133328, []int{24}},
		{"SetDisableFlagsEvent", 0x0508b3413137917e, []int{17}},
		{"SetSocialClaimAuthorityEvent", 0x3c767f84ef34fe0e, []int{48}},
		{"RevokeFeeSharingAuthorityEvent", 0x7217653c0ebe993e, []int{112}},
		{"TransferFeeSharingAuthorityEvent", 0x7c8fc6f54db808ec, []int{144}},
	})
}
