package geysersim

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"
	"google.golang.org/grpc/mem"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Filter fields that this server does not have are refused: to ignore them would widen the filter without a word.
var (
	errNoCuckoo        = errors.New("cuckoo filters are not supported by this server")
	errNoTokenAccounts = errors.New("token_accounts is not supported by this server")
	errAny             = errors.New("Subscribe on full stream with `any` is not allowed, at least one filter required")
)

// transactionFilter is one filter of kind transactions or transactions_status.
type transactionFilter struct {
	name                       string
	vote, failed               *bool
	signature                  []byte
	include, exclude, required keySet
}

// transactionFilters are all filters of one kind. They remember the encoded names of each combination that matched: a stream sees few
// of them.
type transactionFilters struct {
	filters []transactionFilter
	encoded map[uint64]mem.Buffer
}

func compileTransactions(in map[string]*geyserpb.SubscribeRequestFilterTransactions, limits *Limits, lenient bool) (transactionFilters, error) {
	out := transactionFilters{encoded: make(map[uint64]mem.Buffer)}
	for _, name := range names(in) {
		f, err := compileTransaction(name, in[name], limits, lenient)
		if err != nil {
			return out, err
		}
		out.filters = append(out.filters, f)
	}
	return out, nil
}

func compileTransaction(name string, in *geyserpb.SubscribeRequestFilterTransactions, limits *Limits, lenient bool) (transactionFilter, error) {
	f := transactionFilter{name: name, vote: in.Vote, failed: in.Failed}
	if in.TokenAccounts != nil && !lenient {
		if _, known := geyserpb.TokenAccountExpansionControlFlag_name[int32(in.GetTokenAccounts())]; !known {
			return f, fmt.Errorf("invalid token_accounts mode value %d; expected ALL (0) or BALANCE_CHANGED (1)", in.GetTokenAccounts())
		}
		return f, errNoTokenAccounts
	}
	if in.GetCuckooAccountInclude() != nil && !lenient {
		return f, errNoCuckoo
	}
	if limits.RefuseAny && in.Vote == nil && in.Failed == nil &&
		len(in.GetAccountInclude())+len(in.GetAccountExclude())+len(in.GetAccountRequired()) == 0 {
		return f, errAny
	}
	if err := limits.checkKeys(in.GetAccountInclude(), in.GetAccountExclude(), in.GetAccountRequired()); err != nil {
		return f, err
	}
	var err, other error
	if in.Signature != nil {
		if f.signature, err = base58.Decode(in.GetSignature()); err != nil || len(f.signature) != 64 {
			return f, fmt.Errorf("invalid signature %q", in.GetSignature())
		}
	}
	f.include, err = newKeySet(in.GetAccountInclude())
	f.exclude, other = newKeySet(in.GetAccountExclude())
	err = errors.Join(err, other)
	f.required, other = newKeySet(in.GetAccountRequired())
	return f, errors.Join(err, other)
}

// match gives the encoded names of the filters that a transaction passes, nil when it passes none.
func (fs *transactionFilters) match(t *transaction) mem.Buffer {
	var mask uint64
	matched := 0
	for i := range fs.filters {
		if fs.filters[i].passes(t) {
			mask |= 1 << (i & 63)
			matched++
		}
	}
	switch {
	case matched == 0:
		return nil
	case len(fs.filters) > 64:
		return fs.encode(t)
	}
	names, known := fs.encoded[mask]
	if !known {
		names = fs.encode(t)
		fs.encoded[mask] = names
	}
	return names
}

func (fs *transactionFilters) encode(t *transaction) mem.Buffer {
	var out []string
	for i := range fs.filters {
		if fs.filters[i].passes(t) {
			out = append(out, fs.filters[i].name)
		}
	}
	return filterNames(out...)
}

func (f *transactionFilter) passes(t *transaction) bool {
	switch {
	case f.vote != nil && *f.vote != t.vote,
		f.failed != nil && *f.failed != (t.err != nil),
		f.signature != nil && !bytes.Equal(f.signature, t.signature),
		f.include.size() > 0 && !f.include.any(t.keys),
		f.exclude.any(t.keys),
		!f.required.all(t.keys):
		return false
	}
	return true
}
