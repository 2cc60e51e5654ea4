package enrich

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Token is what is known of a mint. It is not changed once it is there: who holds one may keep it.
type Token struct {
	// Metadata of the mint.
	Metadata *eventv1.TokenMetadata
	// Since is the number of the record since which it is known; 0 before this journal.
	Since uint64
}

var errShort = errors.New("stored value is cut short")

// Versions of stored tokens. Version 1 has decimals and symbol only.
const (
	tokenVersion1 = 1
	tokenVersion2 = 2
)

// encode gives version, since, metadata.
func (t *Token) encode() ([]byte, error) {
	b := binary.AppendUvarint([]byte{tokenVersion2}, t.Since)
	return proto.MarshalOptions{Deterministic: true}.MarshalAppend(b, t.Metadata)
}

func decodeToken(mint dex.Key, b []byte) (*Token, error) {
	if len(b) < 2 {
		return nil, errShort
	}
	switch b[0] {
	case tokenVersion1:
		return &Token{Metadata: &eventv1.TokenMetadata{
			Mint: mint[:], Symbol: string(b[2:]), Decimals: new(uint32(b[1])), Source: eventv1.MetadataSource_METADATA_SOURCE_CREATION,
		}}, nil
	case tokenVersion2:
		since, n := binary.Uvarint(b[1:])
		if n <= 0 {
			return nil, errShort
		}
		t := &Token{Metadata: &eventv1.TokenMetadata{}, Since: since}
		if err := proto.Unmarshal(b[1+n:], t.Metadata); err != nil {
			return nil, fmt.Errorf("stored value: %w", err)
		}
		return t, nil
	default:
		return nil, fmt.Errorf("stored value has version %d: it was written by a newer weir", b[0])
	}
}

// bytes is what it takes in memory, about.
func (t *Token) bytes() int64 {
	m := t.Metadata
	return int64(400 + len(m.GetName()) + len(m.GetSymbol()) + len(m.GetUri()))
}

// Token returns what is known of a mint; nil when that is nothing. It may be called from any goroutine.
func (e *Enricher) Token(ctx context.Context, mint dex.Key) (*Token, error) {
	t, found, err := e.tokens.get(ctx, mint)
	if err != nil || !found {
		return nil, err
	}
	return t, nil
}

// Learn keeps what was found out of a mint and stands in the journal in record since. What is known already stays: an answer does not
// change any more once somebody may have had it. It may be called from any goroutine, for one mint at a time.
func (e *Enricher) Learn(ctx context.Context, m *eventv1.TokenMetadata, since uint64) error {
	mint := dex.Key(m.GetMint())
	if _, known, err := e.loadToken(ctx, mint); err != nil || known {
		return err
	}
	t := &Token{Metadata: m, Since: since}
	value, err := t.encode()
	if err == nil {
		err = e.cfg.Tokens.Put(ctx, mint.String(), value)
	}
	if err != nil {
		return fmt.Errorf("store metadata of token %s: %w", mint, err)
	}
	e.tokens.learn(mint, t)
	return nil
}

// loadOrWant is loadToken, and lets others know of what is not there.
func (e *Enricher) loadOrWant(ctx context.Context, mint dex.Key) (*Token, bool, error) {
	t, found, err := e.loadToken(ctx, mint)
	if err == nil && !found {
		e.cfg.Want(mint)
	}
	return t, found, err
}

func (e *Enricher) loadToken(ctx context.Context, mint dex.Key) (*Token, bool, error) {
	value, found, err := e.cfg.Tokens.Get(ctx, mint.String())
	if err != nil {
		return nil, false, fmt.Errorf("load metadata of token %s: %w", mint, err)
	}
	if !found {
		return nil, false, nil
	}
	t, err := decodeToken(mint, value)
	if err != nil {
		return nil, false, fmt.Errorf("load metadata of token %s: %w", mint, err)
	}
	return t, true, nil
}
