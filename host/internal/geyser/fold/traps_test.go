package fold

import (
	"testing"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func ask(t *testing.T, o Options, groups ...Group) *geyserpb.SubscribeRequest {
	t.Helper()
	r, err := Request(groups, AllGroups(len(groups)), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each request replaces all that was asked for before. A client library once left its own filters out when its user changed his: recovery
// was off from then on, silently.
func TestEveryRequestHoldsWhatRecoveryNeeds(t *testing.T) {
	one, two := Group{Name: "one", Programs: []string{"A"}}, Group{Name: "two", Programs: []string{"B"}}
	for _, groups := range [][]Group{nil, {one}, {one, two}, {two}} {
		for _, limits := range []Limits{{}, {FiltersPerKind: 1}, {FiltersPerKind: 5, KeysPerFilter: 1}} {
			r := ask(t, Options{Limits: limits}, groups...)
			if len(r.BlocksMeta) != 1 || len(r.Slots) != 1 {
				t.Errorf("groups %v: block metas %v, slots %v", groups, r.BlocksMeta, r.Slots)
			}
		}
	}
}

// A change of commitment in an open stream moves the client to another ring, and what lies between is lost.
func TestCommitmentDoesNotChangeWithTheGroups(t *testing.T) {
	for _, level := range []geyserpb.CommitmentLevel{geyserpb.CommitmentLevel_PROCESSED, geyserpb.CommitmentLevel_CONFIRMED} {
		for n := range 4 {
			r := ask(t, Options{Commitment: level}, make([]Group, n)...)
			if r.Commitment == nil || r.GetCommitment() != level {
				t.Errorf("%d groups: commitment %v, want %v", n, r.Commitment, level)
			}
		}
	}
}

// Account writes with an empty or a repeated signature are what other clients lose, unchanged accounts what others count twice, blocks what
// replays left out. Weir asks for none of them, nor for fields that a server may ignore: a filter with nothing else would then be all.
func TestNothingIsAskedForThatServersServeDifferently(t *testing.T) {
	r := ask(t, Options{}, Group{Name: "g", Programs: []string{"A"}}, Group{Name: "all", Failed: true})
	if len(r.Accounts)+len(r.Blocks)+len(r.Entry)+len(r.TransactionsStatus)+len(r.AccountsDataSlice) != 0 {
		t.Errorf("%v", r)
	}
	for name, f := range r.Transactions {
		if f.CuckooAccountInclude != nil || f.TokenAccounts != nil || f.Signature != nil || f.GetVote() || len(f.ProtoReflect().GetUnknown()) != 0 {
			t.Errorf("filter %s: %v", name, f)
		}
	}
}
