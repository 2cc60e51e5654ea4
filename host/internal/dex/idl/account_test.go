package idl_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Real accounts by an IDL are what the venue's own parser makes of them; the IDL stops at the creator.
func TestAccountsAgreeWithVenue(t *testing.T) {
	accounts := dextest.Accounts(t, "pump-bonding-curve")
	if len(accounts) == 0 {
		t.Fatal("the corpus has no bonding curve")
	}
	for _, p := range forms(t) {
		for _, a := range accounts {
			want, err := pumpfun.ParseBondingCurve(a.Data)
			if err != nil {
				t.Fatal(err)
			}
			e, err := p.Account(a.Data)
			if err != nil {
				t.Fatal(err)
			}
			f := e.GetFields()
			if e.GetName() != "BondingCurve" || e.GetKind() != eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_ACCOUNT || len(f) < 6 {
				t.Fatalf("got %v", e)
			}
			numbers := [5]uint64{want.VirtualTokenReserves, want.VirtualQuoteReserves, want.RealTokenReserves, want.RealQuoteReserves, want.TokenTotalSupply}
			for i, n := range numbers {
				if f[i].GetU64() != n {
					t.Errorf("%s is %d, want %d", f[i].GetName(), f[i].GetU64(), n)
				}
			}
			if f[5].GetFlag() != want.Complete || len(f) > 6 && dex.Key(f[6].GetKey()) != want.Creator {
				t.Errorf("complete and creator are %v, want %v and %s", f[5:], want.Complete, want.Creator)
			}
		}
		t.Logf("%s: %d accounts", p.File, len(accounts))
	}
}
