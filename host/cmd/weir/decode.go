package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/jsonl"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

type decodeCommand struct {
	Failed bool `help:"Also print a transaction_failed record for each failed transaction that called a venue."`

	Files []string `arg:"" name:"file" help:"getTransaction or getBlock results (encoding json), also gzipped, bare or in their JSON-RPC envelope; - reads standard input."`
}

// Help is shown below the flags.
func (decodeCommand) Help() string {
	return "Prints one record a line: number (counted from 1 in this run), signature, slot, block_time, tx_index, instruction, program, strategy and one body. Amounts are raw units as strings, keys are base58. What a file does not say is left out.\n\n" +
		"A transaction goes the same way as in the daemon: into the wire form, through the wire walk, then the decoder. Failed transactions give no record unless --failed asks for one. A file that cannot be read is named on standard error, the others go on, and the exit code is 1.\n\n" +
		"Example:\n  weir decode tx.json | jq .trade"
}

// Run decodes the files in order.
func (c decodeCommand) Run(ctx context.Context, std streams) error {
	out := bufio.NewWriterSize(std.out, 1<<16)
	d := fileDecoder{decoder: decode.New(decode.Options{Failed: c.Failed}), out: out}
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
	decoder *decode.Decoder
	view    geyser.View
	number  uint64
	line    []byte
	out     io.Writer
}

func (d *fileDecoder) file(path string, in io.Reader) error {
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
		if err := d.transaction(&loaded[i]); err != nil {
			return fmt.Errorf("%s: transaction %d: %w", path, i, err)
		}
	}
	return nil
}

func (d *fileDecoder) transaction(l *corpus.Loaded) error {
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
	for _, r := range d.decoder.Decode(tx) {
		d.number++
		r.Number = d.number
		d.line = append(jsonl.Append(d.line[:0], r, unknown...), '\n')
		if _, err := d.out.Write(d.line); err != nil {
			return fmt.Errorf("write record: %w", err)
		}
	}
	return nil
}
