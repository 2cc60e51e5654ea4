package fold

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// show prints the transaction filters of a request: name[!]: keys, with ! for those that let failed ones through.
func show(r *geyserpb.SubscribeRequest) string {
	var lines []string
	for name, f := range r.Transactions {
		if f.Vote == nil || f.GetVote() || f.GetFailed() {
			lines = append(lines, "asks for votes or for failed ones only")
		}
		mark := ""
		if f.Failed == nil {
			mark = "!"
		}
		lines = append(lines, name+mark+": "+strings.Join(f.AccountInclude, " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func TestFiltersAreFolded(t *testing.T) {
	curve := Group{Name: "curve", Programs: []string{"P1"}}
	swap := Group{Name: "swap", Priority: Medium, Programs: []string{"P3", "P2", "P3"}}
	other := Group{Name: "other", Priority: Low, Programs: []string{"P4", "P2"}}
	snipers := Group{Name: "snipers", Programs: []string{"P1", "P5"}, Failed: true}
	all := Group{Name: "all"}
	for _, c := range []struct {
		name   string
		groups []Group
		limits Limits
		want   string
	}{
		{"nothing", nil, Limits{}, ""},
		{"one each", []Group{curve, swap, other}, Limits{}, "curve: P1; other: P2 P4; swap: P2 P3"},
		{"just enough filters", []Group{curve, swap, other}, Limits{FiltersPerKind: 3}, "curve: P1; other: P2 P4; swap: P2 P3"},
		{"one filter a kind", []Group{curve, swap, other}, Limits{FiltersPerKind: 1}, "weir: P1 P2 P3 P4"},
		{"one filter of ten keys", []Group{curve, swap, other}, Limits{FiltersPerKind: 1, KeysPerFilter: 10}, "weir: P1 P2 P3 P4"},
		{"few keys a filter", []Group{swap}, Limits{KeysPerFilter: 1}, "swap.2: P3; swap: P2"},
		{"folded and cut", []Group{curve, swap, other}, Limits{FiltersPerKind: 2, KeysPerFilter: 2}, "weir.2: P3 P4; weir: P1 P2"},
		{"failed ones apart", []Group{curve, snipers, swap}, Limits{FiltersPerKind: 2}, "weir-failed!: P1 P5; weir: P2 P3"},
		{"failed ones cover the others", []Group{curve, snipers}, Limits{FiltersPerKind: 1}, "weir!: P1 P5"},
		{"failed and others in one", []Group{curve, snipers, swap}, Limits{FiltersPerKind: 1}, "weir!: P1 P2 P3 P5"},
		{"few keys a stream", []Group{curve, swap, other}, Limits{KeysPerStream: 4}, "weir: P1 P2 P3 P4"},
		{"everything", []Group{curve, all}, Limits{}, "all: ; curve: P1"},
		{"everything in one", []Group{curve, all}, Limits{FiltersPerKind: 1}, "weir: "},
		{"everything, and some failed ones", []Group{snipers, all, swap}, Limits{FiltersPerKind: 2}, "weir-failed!: P1 P5; weir: "},
		{"everything and some failed ones in one", []Group{snipers, all}, Limits{FiltersPerKind: 1}, "weir!: "},
		{"names too long", []Group{{Name: "abcdefghij", Programs: []string{"P1"}}, {Name: "abcdefghik", Programs: []string{"P2"}}}, Limits{NameBytes: 8}, "abcdef.2: P2; abcdefgh: P1"},
		{"a name cut in a character", []Group{{Name: "abcdefgé", Programs: []string{"P1"}}}, Limits{NameBytes: 8}, "abcdefg: P1"},
		{"no name", []Group{{Programs: []string{"P1"}}}, Limits{}, "weir: P1"},
	} {
		r, err := Request(c.groups, AllGroups(len(c.groups)), Options{Limits: c.limits, Commitment: geyserpb.CommitmentLevel_CONFIRMED})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := show(r); got != c.want {
			t.Errorf("%s: filters %q, want %q", c.name, got, c.want)
		}
		if len(r.BlocksMeta) != 1 || len(r.Slots) != 1 || r.GetCommitment() != geyserpb.CommitmentLevel_CONFIRMED || r.FromSlot != nil {
			t.Errorf("%s: the rest of the request is %v", c.name, r)
		}
	}
}

func TestOnlyTheGroupsOfTheConnection(t *testing.T) {
	groups := []Group{{Name: "a", Programs: []string{"P1"}}, {Name: "b", Programs: []string{"P2"}}, {Name: "c", Programs: []string{"P3"}}}
	r, err := Request(groups, GroupSet(0).With(0).With(2), Options{FromSlot: 9})
	if err != nil || show(r) != "a: P1; c: P3" || r.GetFromSlot() != 9 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := Request(groups, GroupSet(0).With(3), Options{}); err == nil {
		t.Error("a group that does not exist is served")
	}
}

func TestWhatDoesNotFitNamesLimitAndRemedy(t *testing.T) {
	many := Group{Name: "many"}
	for i := range 50 {
		many.Programs = append(many.Programs, fmt.Sprintf("P%02d", i))
	}
	huge := Group{Name: "huge"}
	for i := range 100_000 {
		huge.Programs = append(huge.Programs, fmt.Sprintf("%044d", i))
	}
	for _, c := range []struct {
		group  Group
		limits Limits
		want   []string
	}{
		{many, Limits{Provider: "shop", FiltersPerKind: 2, KeysPerFilter: 10}, []string{"50 addresses", "shop allows 2 filters of 10 addresses", "spread the groups"}},
		{many, Limits{Provider: "shop", KeysPerStream: 49}, []string{"50 addresses", "shop allows 49 on one stream", "spread the groups"}},
		{many, Limits{Provider: "shop", Refused: []string{"P07"}}, []string{"group many", "P07", "shop refuses", "another endpoint"}},
		{Group{Name: "all"}, Limits{NeedsKeys: true}, []string{"group all", "every transaction", "the provider refuses", "name its programs"}},
		{huge, Limits{}, []string{"4194304", "more connections"}},
	} {
		_, err := Request([]Group{c.group}, AllGroups(1), Options{Limits: c.limits})
		if !errors.Is(err, ErrLimits) {
			t.Errorf("%+v: %v", c.limits, err)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q says nothing of %q", err, part)
			}
		}
	}
}

// Whatever the groups and the limits, a request keeps to the limits, does not depend on the order of groups, and lets through what
// each group wants.
func TestRequestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(drawGroup(), 0, 8).Draw(t, "groups")
		limits := Limits{
			FiltersPerKind: rapid.IntRange(0, 4).Draw(t, "filters"),
			KeysPerFilter:  rapid.IntRange(0, 6).Draw(t, "keys"),
			NameBytes:      rapid.SampledFrom([]int{0, 8, 32}).Draw(t, "name"),
		}
		r, err := Request(groups, AllGroups(len(groups)), Options{Limits: limits})
		shuffled := slices.Clone(groups)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, errAgain := Request(shuffled, AllGroups(len(groups)), Options{Limits: limits})
		if (err == nil) != (errAgain == nil) || err == nil && !proto.Equal(r, again) {
			t.Fatalf("order matters: %v, %v", r, again)
		}
		distinct := make(map[string]bool)
		all := false
		for _, g := range groups {
			all = all || len(g.Programs) == 0
			for _, p := range g.Programs {
				distinct[p] = true
			}
		}
		if err != nil {
			if all || limits.KeysPerFilter*limits.FiltersPerKind == 0 || len(distinct) <= limits.KeysPerFilter*limits.FiltersPerKind {
				t.Fatalf("refused though it fits: %v", err)
			}
			return
		}
		checkFits(t, r, limits)
		for _, g := range groups {
			checkServes(t, r, g)
		}
	})
}

func drawGroup() *rapid.Generator[Group] {
	return rapid.Custom(func(t *rapid.T) Group {
		return Group{
			Name:     rapid.StringN(0, 12, 20).Draw(t, "name"),
			Programs: rapid.SliceOfN(rapid.SampledFrom(strings.Split("abcdefghijkl", "")), 0, 9).Draw(t, "programs"),
			Failed:   rapid.Bool().Draw(t, "failed"),
		}
	})
}

func checkFits(t *rapid.T, r *geyserpb.SubscribeRequest, l Limits) {
	if l.FiltersPerKind > 0 && len(r.Transactions) > l.FiltersPerKind {
		t.Fatalf("%d filters", len(r.Transactions))
	}
	for name, f := range r.Transactions {
		if l.KeysPerFilter > 0 && len(f.AccountInclude) > l.KeysPerFilter {
			t.Fatalf("%d keys", len(f.AccountInclude))
		}
		if l.NameBytes > 0 && len(name) > l.NameBytes || !utf8.ValidString(name) {
			t.Fatalf("name %q", name)
		}
		if f.CuckooAccountInclude != nil || f.TokenAccounts != nil {
			t.Fatalf("a field that servers may ignore: %v", f)
		}
	}
}

func checkServes(t *rapid.T, r *geyserpb.SubscribeRequest, g Group) {
	passes := func(program string, failed bool) bool {
		for _, f := range r.Transactions {
			if (f.Failed == nil || !failed) && (len(f.AccountInclude) == 0 || slices.Contains(f.AccountInclude, program)) {
				return true
			}
		}
		return false
	}
	programs := g.Programs
	if len(programs) == 0 {
		programs = []string{"one that nobody names"}
	}
	for _, program := range programs {
		if !passes(program, g.Failed) {
			t.Fatalf("%+v does not get %s by %v", g, program, r)
		}
	}
}

func TestGroupSet(t *testing.T) {
	s := GroupSet(0).With(0).With(5).With(63).Without(5)
	if got := slices.Collect(s.All()); !slices.Equal(got, []int{0, 63}) || s.Len() != 2 || !s.Has(63) || s.Has(5) {
		t.Errorf("set %x: %v", uint64(s), got)
	}
	if !AllGroups(64).Covers(s) || s.Covers(AllGroups(2)) || AllGroups(64).Len() != 64 || AllGroups(0) != 0 {
		t.Error("sets do not cover what they hold")
	}
	for range s.All() {
		break
	}
	for p, want := range map[Priority]string{High: "high", Medium: "medium", Low: "low", 9: "none"} {
		if p.String() != want {
			t.Errorf("priority %d is called %s", p, p)
		}
	}
	if geyser.FilterName == "" {
		t.Error("filters need a name")
	}
}
