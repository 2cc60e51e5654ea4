package geysersim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mr-tron/base58"
	"google.golang.org/grpc/mem"

	"github.com/weir-run/weir/host/internal/dex"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// filter is a request in the form in which updates are tested. One goroutine at a time: it keeps encoded names.
type filter struct {
	level        geyserpb.CommitmentLevel
	transactions transactionFilters
	statuses     transactionFilters
	slots        []slotFilter
	blocks       []blockFilter
	meta         mem.Buffer // names of the blocks_meta filters, nil without
	empty        bool       // selects nothing
}

// compile checks a request and takes it apart. The error is the text that a real server puts behind "failed to create filter: ".
func compile(r *geyserpb.SubscribeRequest, bounds *bounds) (*filter, error) {
	limits := &bounds.limits
	lenient := bounds.dialect == Richat
	f := &filter{level: r.GetCommitment()}
	if _, known := geyserpb.CommitmentLevel_name[int32(f.level)]; !known {
		return nil, fmt.Errorf("failed to create CommitmentLevel from %d", f.level)
	}
	n := 0
	for _, kind := range [][]string{
		names(r.GetAccounts()), names(r.GetSlots()), names(r.GetTransactions()), names(r.GetTransactionsStatus()),
		names(r.GetBlocks()), names(r.GetBlocksMeta()), names(r.GetEntry()),
	} {
		if err := limits.checkNames(kind); err != nil {
			return nil, err
		}
		n += len(kind)
	}
	f.empty = n == 0
	for _, slice := range r.GetAccounts() {
		if err := limits.checkKeys(slice.GetAccount(), slice.GetOwner()); err != nil {
			return nil, err
		}
	}
	var err error
	if f.transactions, err = compileTransactions(r.GetTransactions(), limits, lenient); err != nil {
		return nil, err
	}
	if f.statuses, err = compileTransactions(r.GetTransactionsStatus(), limits, lenient); err != nil {
		return nil, err
	}
	if f.blocks, err = compileBlocks(r.GetBlocks(), limits, lenient); err != nil {
		return nil, err
	}
	for _, name := range names(r.GetSlots()) {
		slot := r.GetSlots()[name]
		f.slots = append(f.slots, slotFilter{name, slot.GetFilterByCommitment(), slot.GetInterslotUpdates()})
	}
	if meta := names(r.GetBlocksMeta()); len(meta) > 0 {
		f.meta = filterNames(meta...)
	}
	return f, nil
}

// names gives the names of one kind's filters in a fixed order.
func names[T any](filters map[string]T) []string { return slices.Sorted(maps.Keys(filters)) }

func (l *Limits) checkNames(kind []string) error {
	if l.FiltersPerKind > 0 && len(kind) > l.FiltersPerKind {
		return fmt.Errorf("Max amount of filters/data_slices reached, only %d allowed", l.FiltersPerKind) //nolint:staticcheck // a real server's text
	}
	for _, name := range kind {
		if len(name) > l.NameLength {
			return fmt.Errorf("oversized filter name (max allowed size %d), found %d", l.NameLength, len(name))
		}
	}
	return nil
}

func (l *Limits) checkKeys(lists ...[]string) error {
	for _, list := range lists {
		if l.Pubkeys > 0 && len(list) > l.Pubkeys {
			return fmt.Errorf("Max amount of Pubkeys reached, only %d allowed", l.Pubkeys) //nolint:staticcheck // a real server's text
		}
	}
	return nil
}

// slotFilter is one filter of kind slots.
type slotFilter struct {
	name         string
	byCommitment bool
	interslot    bool
}

// slotNames gives the names of the slot filters that a status passes.
func (f *filter) slotNames(status geyserpb.SlotStatus) []string {
	var out []string
	for _, s := range f.slots {
		var pass bool
		switch {
		case status > geyserpb.SlotStatus_SLOT_FINALIZED:
			pass = s.interslot
		case s.byCommitment:
			pass = status == geyserpb.SlotStatus(f.level)
		default:
			pass = true
		}
		if pass {
			out = append(out, s.name)
		}
	}
	return out
}

// blockFilter is one filter of kind blocks; each gives its own message.
type blockFilter struct {
	names        mem.Buffer
	transactions bool
	include      keySet
}

func compileBlocks(in map[string]*geyserpb.SubscribeRequestFilterBlocks, limits *Limits, lenient bool) ([]blockFilter, error) {
	var out []blockFilter
	for _, name := range names(in) {
		b := in[name]
		if b.GetCuckooAccountInclude() != nil && !lenient {
			return nil, errNoCuckoo
		}
		if err := limits.checkKeys(b.GetAccountInclude()); err != nil {
			return nil, err
		}
		include, err := newKeySet(b.GetAccountInclude())
		if err != nil {
			return nil, err
		}
		out = append(out, blockFilter{filterNames(name), b.IncludeTransactions == nil || b.GetIncludeTransactions(), include})
	}
	return out, nil
}

// takes tells whether a transaction belongs into the block's message.
func (b *blockFilter) takes(t *transaction) bool {
	return b.transactions && (b.include.size() == 0 || b.include.any(t.keys))
}

// keySet is a set of keys: a list while it is short, which is the usual case and quicker to search.
type keySet struct {
	few  []dex.Key
	many map[dex.Key]struct{}
}

const fewKeys = 6

func newKeySet(texts []string) (keySet, error) {
	var s keySet
	for _, text := range texts {
		b, err := base58.Decode(text)
		if err != nil || len(b) != len(dex.Key{}) {
			return s, fmt.Errorf("invalid pubkey %q", text)
		}
		s.few = append(s.few, dex.KeyAt(b))
	}
	if len(s.few) <= fewKeys {
		return s, nil
	}
	s.many = make(map[dex.Key]struct{}, len(s.few))
	for _, k := range s.few {
		s.many[k] = struct{}{}
	}
	return s, nil
}

func (s *keySet) size() int { return len(s.few) }

// any tells whether one of keys is in the set.
func (s *keySet) any(keys []dex.Key) bool {
	if s.many == nil {
		for i := range s.few {
			if slices.Contains(keys, s.few[i]) {
				return true
			}
		}
		return false
	}
	for i := range keys {
		if _, in := s.many[keys[i]]; in {
			return true
		}
	}
	return false
}

// all tells whether the whole set is among keys.
func (s *keySet) all(keys []dex.Key) bool {
	for i := range s.few {
		if !slices.Contains(keys, s.few[i]) {
			return false
		}
	}
	return true
}
