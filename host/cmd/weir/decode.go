package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/txfile"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

type decodeCommand struct {
	Files []string `arg:"" name:"file" help:"Captures of weir record, or getTransaction or getBlock results (encoding json, base64 or base58; not jsonParsed), also gzipped, bare or in their JSON-RPC envelope; - reads standard input as the latter."`

	Failed bool   `help:"Also print a transaction_failed record for each failed transaction that called a venue."`
	Report bool   `help:"Print how well the programs were decoded instead of the records."`
	JSON   bool   `name:"json" help:"With --report: print it as one JSON object."`
	IDL    string `name:"idl" placeholder:"DIR" help:"Decode programs by the Anchor IDLs in this folder too."`
}

// Help is shown below the flags.
func (decodeCommand) Help() string {
	return "Prints one record a line: number (counted from 1 in this run), signature, slot, block_time, tx_index, instruction, program, strategy and one body. Amounts are raw units as strings, keys are base58. What a file does not say is left out.\n\n" +
		"A transaction goes the same way as in the daemon: into the wire form, through the wire walk, then the decoder. Failed transactions give no record unless --failed asks for one. What cannot be read, a file or a transaction in it, is named on standard error, the others go on, and the exit code is 1. Of a capture that ends within a frame, all before that is decoded, and standard error says how much was not.\n\n" +
		"Examples:\n  weir decode tx.json | jq .trade\n  weir decode --report today.weircap"
}

// Run decodes the files in order.
func (c decodeCommand) Run(ctx context.Context, std shell.Streams) error {
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
			fmt.Fprintln(std.Err, "weir: IDL refused:", problem)
		}
	}
	out := bufio.NewWriterSize(std.Out, 1<<16)
	decoder := decode.New(o)
	rep, lines := &report{}, &recordLines{out: out}
	files := txfile.Reader{Decoder: decoder, Warn: std.Err, Take: func(tx *geyser.Transaction, records []*eventv1.Record, unknown []string) error {
		if c.Report {
			rep.count(tx, records, decoder.Stats())
			return nil
		}
		return lines.print(records, unknown)
	}}
	failed := 0
	for _, path := range c.Files {
		if ctx.Err() != nil {
			break
		}
		if err := files.File(ctx, path, std.In); err != nil {
			failed++
			fmt.Fprintln(std.Err, "weir:", err)
		}
	}
	if c.Report {
		if err := rep.print(out, decoder, programs, c.JSON); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be read whole", failed, len(c.Files))
	}
	return ctx.Err()
}

// recordLines prints records as lines of JSON, numbered from 1.
type recordLines struct {
	out    io.Writer
	number uint64
	line   []byte
}

func (l *recordLines) print(records []*eventv1.Record, unknown []string) error {
	for _, r := range records {
		l.number++
		r.Number = l.number
		l.line = append(jsonl.Append(l.line[:0], r, unknown...), '\n')
		if _, err := l.out.Write(l.line); err != nil {
			return fmt.Errorf("write record: %w", err)
		}
	}
	return nil
}
