// Package txfile decodes transactions that lie in files: captures, and what getTransaction and getBlock give.
package txfile

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/capture"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Reader takes transactions of files through the wire form, so that what it decodes goes the way that it goes in the daemon. It is for one
// goroutine.
type Reader struct {
	// Decoder decodes all of them.
	Decoder *decode.Decoder
	// Take gets the records of each transaction, and the fields of them that the file does not say. Tx and records are good until it returns.
	Take func(tx *geyser.Transaction, records []*eventv1.Record, unknown []string) error
	// Warn gets a line about each file that could not be read whole.
	Warn io.Writer

	view   geyser.View
	recent recent
}

// File reads one file; - is in, as getTransaction or getBlock results. It ends early, without an error, when ctx does. Parts of a file that
// cannot be read do not keep the others from Take; the error names them.
func (r *Reader) File(ctx context.Context, path string, in io.Reader) error {
	if path != "-" && capture.Is(path) {
		return r.capture(ctx, path)
	}
	var loaded []corpus.Loaded
	var err error
	if path == "-" {
		loaded, err = corpus.Load(in)
	} else {
		loaded, err = corpus.LoadFile(path)
	}
	// What could be read of a file is not lost with the rest.
	for i := range loaded {
		if err := r.Transaction(&loaded[i]); err != nil {
			return fmt.Errorf("%s: transaction %d: %w", path, i, err)
		}
	}
	return err
}

// Transaction takes one that was read elsewhere.
func (r *Reader) Transaction(l *corpus.Loaded) error {
	raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
		Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: l.Info, Slot: l.Slot},
	}})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := r.view.Read(raw); err != nil {
		return err
	}
	if r.view.Kind != geyser.KindTransaction {
		return errors.New("encoded form is not a transaction update")
	}
	tx := &r.view.Tx
	tx.BlockTime = l.BlockTime
	var unknown []string
	if !l.SlotKnown {
		unknown = append(unknown, "slot")
	}
	if !l.IndexKnown {
		unknown = append(unknown, "tx_index")
	}
	return r.transaction(tx, unknown...)
}

// capture decodes the transactions of a capture, each once. Updates that cannot be read are counted and passed over, as the daemon does.
func (r *Reader) capture(ctx context.Context, path string) (err error) {
	c, err := capture.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	malformed := 0
	for ctx.Err() == nil {
		_, raw, err := c.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err = r.view.Read(raw); err == nil {
			err = r.update()
		}
		if errors.Is(err, geyser.ErrMalformed) {
			malformed++
		} else if err != nil {
			return err
		}
	}
	if malformed > 0 {
		fmt.Fprintf(r.Warn, "weir: %s: %d updates are malformed\n", path, malformed)
	}
	if cut := c.Damage(); cut.Bytes > 0 {
		fmt.Fprintf(r.Warn, "weir: %s: %d bytes at %d places could not be read (%s)\n", path, cut.Bytes, cut.Places, cut.Reason)
	}
	return nil
}

// update decodes what is in the view.
func (r *Reader) update() error {
	one := func(tx *geyser.Transaction) error {
		if !r.recent.fresh(tx.Slot, tx.Signature) {
			return nil
		}
		return r.transaction(tx)
	}
	switch r.view.Kind {
	case geyser.KindTransaction:
		return one(&r.view.Tx)
	case geyser.KindBlock:
		return r.view.Block(one)
	default:
		return nil
	}
}

func (r *Reader) transaction(tx *geyser.Transaction, unknown ...string) error {
	return r.Take(tx, r.Decoder.Decode(tx), unknown)
}

// recent knows the transactions of the last slots: a capture of a resumed stream has some twice.
type recent struct {
	slots  map[uint64]map[string]struct{}
	newest uint64
}

// recentSlots is more than a resumed stream goes back.
const recentSlots = 512

func (r *recent) fresh(slot uint64, signature []byte) bool {
	seen := r.slots[slot]
	if seen == nil {
		if r.slots == nil {
			r.slots = map[uint64]map[string]struct{}{}
		}
		seen = map[string]struct{}{}
		r.slots[slot] = seen
	}
	if slot > r.newest {
		r.newest = slot
		for n := range r.slots {
			if n+recentSlots < slot {
				delete(r.slots, n)
			}
		}
	}
	if _, twice := seen[string(signature)]; twice {
		return false
	}
	seen[string(signature)] = struct{}{}
	return true
}
