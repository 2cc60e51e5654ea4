package fold

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Coalesce is how long a changed request should wait for further changes: plugins come and go in numbers, and servers apply only the newest
// of the requests that wait.
const Coalesce = 100 * time.Millisecond

// Limits are those of a provider. 0 is no limit, or one that is not known.
type Limits struct {
	// Provider is its name, for errors.
	Provider string
	// FiltersPerKind bounds the named filters of one kind in a stream.
	FiltersPerKind int
	// KeysPerFilter bounds the addresses of one list of a filter.
	KeysPerFilter int
	// KeysPerStream bounds the addresses of all filters together.
	KeysPerStream int
	// NameBytes bounds a filter's name. Servers allow 128 where they say nothing else.
	NameBytes int
	// NeedsKeys says that a filter without an address is refused.
	NeedsKeys bool
	// Refused are addresses that a filter must not hold.
	Refused []string
}

// Options of a request.
type Options struct {
	Limits Limits
	// Commitment of the whole stream.
	Commitment geyserpb.CommitmentLevel
	// FromSlot asks for everything from this slot on, inclusive; 0 goes on where the stream is.
	FromSlot uint64
}

// ErrLimits says that the groups do not fit into what the provider allows on one stream.
var ErrLimits = errors.New("more than the provider allows on one stream")

// A server reads requests of up to 4 MiB, and a key with its tag takes some 46 bytes.
const (
	maxRequestBytes = 4 << 20
	maxNameBytes    = 128
)

// Request returns the one request that serves the groups of on: their transactions in as few filters as it takes, the slot status of
// the commitment, and the block metas that tell when a slot is complete. The same groups and options give the same request, whatever
// their order. Filters may let more through than one group wants: a Router tells what is whose. An error that wraps ErrLimits names
// the limit and what can be done.
func Request(groups []Group, on GroupSet, o Options) (*geyserpb.SubscribeRequest, error) {
	var wanted []Group
	for i := range on.All() {
		if i >= len(groups) {
			return nil, fmt.Errorf("fold: group %d is asked for, there are %d", i, len(groups))
		}
		wanted = append(wanted, groups[i])
	}
	filters, err := plan(wanted, o.Limits)
	if err != nil {
		return nil, err
	}
	r := &geyserpb.SubscribeRequest{
		Transactions: make(map[string]*geyserpb.SubscribeRequestFilterTransactions, len(filters)),
		Slots:        map[string]*geyserpb.SubscribeRequestFilterSlots{geyser.FilterName: statuses(o.Commitment)},
		BlocksMeta:   map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{geyser.FilterName: {}},
		Commitment:   o.Commitment.Enum(),
	}
	for _, f := range filters {
		r.Transactions[uniqueName(r.Transactions, f.name, o.Limits)] = f.message()
	}
	if o.FromSlot > 0 {
		r.FromSlot = new(o.FromSlot)
	}
	if size := proto.Size(r); size > maxRequestBytes {
		return nil, fmt.Errorf("%w: the request has %d bytes, servers read %d; watch fewer addresses, or spread them over more connections", ErrLimits, size, maxRequestBytes)
	}
	return r, nil
}

// statuses asks for the slot statuses of the commitment. What was processed can turn out void: only there are also wanted the later levels,
// which prove which fork lost, and the lifecycle, which tells that a slot is dead.
func statuses(c geyserpb.CommitmentLevel) *geyserpb.SubscribeRequestFilterSlots {
	processed := c == geyserpb.CommitmentLevel_PROCESSED
	return &geyserpb.SubscribeRequestFilterSlots{FilterByCommitment: new(!processed), InterslotUpdates: new(processed)}
}

// watched counts the addresses, each once.
func watched(filters []filter) int {
	var keys []string
	for _, f := range filters {
		keys = append(keys, f.keys...)
	}
	return len(sorted(keys))
}

// filter is one named filter. No keys means every transaction.
type filter struct {
	name   string
	keys   []string // sorted, each once
	failed bool
}

func (f filter) message() *geyserpb.SubscribeRequestFilterTransactions {
	// Neither the cuckoo filter nor token_accounts is ever set: a server that does not know them would ignore them silently, and a
	// filter with nothing else in it would then be all transactions.
	m := &geyserpb.SubscribeRequestFilterTransactions{Vote: new(false), AccountInclude: f.keys}
	if !f.failed {
		m.Failed = new(false)
	}
	return m
}

// plan finds the filters: one a group where there is room, else one for those who want failed transactions and one for the others,
// else one for all.
func plan(groups []Group, l Limits) ([]filter, error) {
	var each []filter
	for _, g := range groups {
		f := filter{name: g.Name, keys: sorted(g.Programs), failed: g.Failed}
		if err := l.check(g, f.keys); err != nil {
			return nil, err
		}
		each = append(each, f)
	}
	slices.SortStableFunc(each, filter.compare)
	if keys := watched(each); l.KeysPerStream > 0 && keys > l.KeysPerStream {
		return nil, fmt.Errorf("%w: %d addresses are watched, %s allows %d on one stream; spread the groups over more connections or endpoints",
			ErrLimits, keys, l.provider(), l.KeysPerStream)
	}
	for _, fold := range []func([]filter) []filter{alone, byFailed, together} {
		if cut := l.cut(fold(each)); l.fits(cut) {
			return cut, nil
		}
	}
	keys := watched(each)
	return nil, fmt.Errorf("%w: %d addresses are watched, %s allows %d filters of %d addresses; spread the groups over more connections or endpoints, or set filters_per_kind and keys_per_filter of this endpoint if your plan allows more",
		ErrLimits, keys, l.provider(), l.FiltersPerKind, l.KeysPerFilter)
}

func (f filter) compare(other filter) int {
	return cmp.Or(cmp.Compare(f.name, other.name), slices.Compare(f.keys, other.keys), boolOrder(f.failed)-boolOrder(other.failed))
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l Limits) provider() string { return cmp.Or(l.Provider, "the provider") }

func (l Limits) check(g Group, keys []string) error {
	if len(keys) == 0 && l.NeedsKeys {
		return fmt.Errorf("%w: group %s watches every transaction, which %s refuses; name its programs", ErrLimits, g.Name, l.provider())
	}
	for _, key := range l.Refused {
		if _, found := slices.BinarySearch(keys, key); found {
			return fmt.Errorf("%w: group %s watches %s, which %s refuses in filters; drop it, or serve the group by another endpoint", ErrLimits, g.Name, key, l.provider())
		}
	}
	return nil
}

func (l Limits) fits(filters []filter) bool {
	keys := 0
	for _, f := range filters {
		keys += len(f.keys)
	}
	return (l.FiltersPerKind <= 0 || len(filters) <= l.FiltersPerKind) && (l.KeysPerStream <= 0 || keys <= l.KeysPerStream)
}

// cut divides filters of more keys than allowed.
func (l Limits) cut(filters []filter) []filter {
	if l.KeysPerFilter <= 0 {
		return filters
	}
	var out []filter
	for _, f := range filters {
		if len(f.keys) <= l.KeysPerFilter {
			out = append(out, f)
			continue
		}
		for keys := range slices.Chunk(f.keys, l.KeysPerFilter) {
			out = append(out, filter{f.name, keys, f.failed})
		}
	}
	return out
}

func alone(filters []filter) []filter { return filters }

// byFailed makes two filters: what one group wants with failed transactions needs no second filter without them.
func byFailed(filters []filter) []filter {
	with, without := union(filters, func(f filter) bool { return f.failed }), union(filters, func(f filter) bool { return !f.failed })
	switch {
	case with == nil:
		return []filter{*without}
	case len(with.keys) == 0 || without == nil:
		return []filter{*with}
	}
	with.name += "-failed"
	if len(without.keys) == 0 {
		return []filter{*with, *without}
	}
	without.keys = slices.DeleteFunc(without.keys, func(key string) bool {
		_, found := slices.BinarySearch(with.keys, key)
		return found
	})
	if len(without.keys) == 0 {
		with.name = geyser.FilterName
		return []filter{*with}
	}
	return []filter{*with, *without}
}

func together(filters []filter) []filter {
	all := union(filters, func(filter) bool { return true })
	if all == nil {
		return nil
	}
	return []filter{*all}
}

// union joins those filters that pass; nil when none does.
func union(filters []filter, pass func(filter) bool) *filter {
	var out *filter
	everything := false
	for _, f := range filters {
		if !pass(f) {
			continue
		}
		if out == nil {
			out = &filter{name: geyser.FilterName}
		}
		everything = everything || len(f.keys) == 0
		out.keys = append(out.keys, f.keys...)
		out.failed = out.failed || f.failed
	}
	if out != nil {
		out.keys = sorted(out.keys)
		if everything {
			out.keys = nil
		}
	}
	return out
}

func sorted(keys []string) []string { return slices.Compact(slices.Sorted(slices.Values(keys))) }

// uniqueName shortens a name to what the server takes and numbers it when it is taken.
func uniqueName[V any](taken map[string]V, name string, l Limits) string {
	limit := maxNameBytes
	if l.NameBytes > 0 {
		limit = min(limit, l.NameBytes)
	}
	base := shorten(cmp.Or(name, geyser.FilterName), limit)
	out := base
	for n := 2; ; n++ {
		if _, found := taken[out]; !found {
			return out
		}
		suffix := "." + strconv.Itoa(n)
		out = shorten(base, max(limit-len(suffix), 0)) + suffix
	}
}

// shorten cuts at the beginning of a character, so that the name stays UTF-8.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
