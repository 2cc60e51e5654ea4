package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/capture"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

type decodeCommand struct {
	Files []string `arg:"" name:"file" help:"Captures of weir record, or getTransaction or getBlock results (encoding json), also gzipped, bare or in their JSON-RPC envelope; - reads standard input as the latter."`

	Failed bool   `help:"Also print a transaction_failed record for each failed transaction that called a venue."`
	Report bool   `help:"Print how well the programs were decoded instead of the records."`
	JSON   bool   `name:"json" help:"With --report: print it as one JSON object."`
	IDL    string `name:"idl" placeholder:"DIR" help:"Decode programs by the Anchor IDLs in this folder too."`
}

// Help is shown below the flags.
func (decodeCommand) Help() string {
	return "Prints one record a line: number (counted from 1 in this run), signature, slot, block_time, tx_index, instruction, program, strategy and one body. Amounts are raw units as strings, keys are base58. What a file does not say is left out.\n\n" +
		"A transaction goes the same way as in the daemon: into the wire form, through the wire walk, then the decoder. Failed transactions give no record unless --failed asks for one. A file that cannot be read is named on standard error, the others go on, and the exit code is 1. Of a capture that ends within a frame, all before that is decoded, and standard error says how much was not.\n\n" +
		"Examples:\n  weir decode tx.json | jq .trade\n  weir decode --report today.weircap"
}

// Run decodes the files in order.
func (c decodeCommand) Run(ctx context.Context, std streams) error {
	o := decode.Options{Failed: c.Failed}
	var programs *idl.Folder
	if c.IDL != "" {
		var err error
		// Problems are told below, each once.
		if programs, err = idl.Open(idl.FolderConfig{Dir: c.IDL, Log: slog.New(slog.DiscardHandler)}); err != nil {
			return err
		}
		o.Programs = programs.Set
		for _, problem := range programs.Problems() {
			fmt.Fprintln(std.err, "weir: IDL refused:", problem)
		}
	}
	out := bufio.NewWriterSize(std.out, 1<<16)
	d := fileDecoder{ctx: ctx, decoder: decode.New(o), out: out, err: std.err}
	if c.Report {
		d.report = &report{}
	}
	failed := 0
	for _, path := range c.Files {
		if ctx.Err() != nil {
			break
		}
		if err := d.file(path, std.in); err != nil {
			failed++
			fmt.Fprintln(std.err, "weir:", err)
		}
	}
	if c.Report {
		if err := d.report.print(out, d.decoder, programs, c.JSON); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be decoded", failed, len(c.Files))
	}
	return ctx.Err()
}

// fileDecoder takes transactions of files through the wire form, so that decode tests what the daemon runs.
type fileDecoder struct {
	ctx     context.Context // of the command
	decoder *decode.Decoder
	view    geyser.View
	recent  recent
	number  uint64
	line    []byte
	out     io.Writer
	err     io.Writer
	report  *report                       // nil prints records
	take    func([]*eventv1.Record) error // gets the records instead; nil prints them
}

func (d *fileDecoder) file(path string, in io.Reader) error {
	if path != "-" && capture.Is(path) {
		return d.capture(path)
	}
	var loaded []corpus.Loaded
	var err error
	if path == "-" {
		loaded, err = corpus.Load(in)
	} else {
		loaded, err = corpus.LoadFile(path)
	}
	if err != nil {
		return err
	}
	for i := range loaded {
		if err := d.loaded(&loaded[i]); err != nil {
			return fmt.Errorf("%s: transaction %d: %w", path, i, err)
		}
	}
	return nil
}

func (d *fileDecoder) loaded(l *corpus.Loaded) error {
	raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
		Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: l.Info, Slot: l.Slot},
	}})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := d.view.Read(raw); err != nil {
		return err
	}
	if d.view.Kind != geyser.KindTransaction {
		return errors.New("encoded form is not a transaction update")
	}
	tx := &d.view.Tx
	tx.BlockTime = l.BlockTime
	var unknown []string
	if !l.SlotKnown {
		unknown = append(unknown, "slot")
	}
	if !l.IndexKnown {
		unknown = append(unknown, "tx_index")
	}
	return d.transaction(tx, unknown...)
}

// capture decodes the transactions of a capture, each once. Updates that cannot be read are counted and passed over, as the daemon does.
func (d *fileDecoder) capture(path string) (err error) {
	r, err := capture.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	malformed := 0
	for d.ctx.Err() == nil {
		_, raw, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err = d.view.Read(raw); err == nil {
			err = d.update()
		}
		if errors.Is(err, geyser.ErrMalformed) {
			malformed++
		} else if err != nil {
			return err
		}
	}
	if malformed > 0 {
		fmt.Fprintf(d.err, "weir: %s: %d updates are malformed\n", path, malformed)
	}
	if cut := r.Damage(); cut.Bytes > 0 {
		fmt.Fprintf(d.err, "weir: %s: %d bytes at %d places could not be read (%s)\n", path, cut.Bytes, cut.Places, cut.Reason)
	}
	return nil
}

// update decodes what is in the view.
func (d *fileDecoder) update() error {
	one := func(tx *geyser.Transaction) error {
		if !d.recent.fresh(tx.Slot, tx.Signature) {
			return nil
		}
		return d.transaction(tx)
	}
	switch d.view.Kind {
	case geyser.KindTransaction:
		return one(&d.view.Tx)
	case geyser.KindBlock:
		return d.view.Block(one)
	default:
		return nil
	}
}

func (d *fileDecoder) transaction(tx *geyser.Transaction, unknown ...string) error {
	records := d.decoder.Decode(tx)
	if d.report != nil {
		d.report.count(tx, records, d.decoder.Stats())
		return nil
	}
	if d.take != nil {
		return d.take(records)
	}
	return d.print(records, unknown)
}

func (d *fileDecoder) print(records []*eventv1.Record, unknown []string) error {
	for _, r := range records {
		d.number++
		r.Number = d.number
		d.line = append(jsonl.Append(d.line[:0], r, unknown...), '\n')
		if _, err := d.out.Write(d.line); err != nil {
			return fmt.Errorf("write record: %w", err)
		}
	}
	return nil
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
