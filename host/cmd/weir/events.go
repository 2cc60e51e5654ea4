package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type eventsCommand struct {
	shell.Config
	Follow   bool     `short:"f" help:"Stay and print new events as they are stored."`
	From     uint64   `placeholder:"POSITION" help:"First position to print. Each line carries its position, so a reader can resume after the last one it handled." xor:"start"`
	Tail     uint64   `placeholder:"N" help:"Begin with the last N stored batches." xor:"start"`
	Instance []string `short:"i" placeholder:"NAME" help:"Only these monitor instances; may be given more than once."`
	Text     bool     `help:"One readable line an event instead of JSON."`
}

// Help is shown below the flags.
func (eventsCommand) Help() string {
	return "Prints one JSON object a line: position, instance, monitor, then the event with cause (record number), index, kind, key, slot and its body.\n" +
		"Without --from and --tail it begins with the oldest event kept. Positions that were asked for and are gone, since retention took\n" +
		"them or they are damaged, are said on standard error, by number and how many. Whose they were is not known, so -i does not hide them.\n\nExamples:\n  weir events --follow --tail 1\n  weir events -i trading | jq .trade_reported.symbol"
}

// Run prints events until the end, or, following, until interrupted.
func (c eventsCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	dir, client, err := c.Dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	stream, err := client.Events(ctx, &adminv1.EventsRequest{Follow: c.Follow, From: c.From, Tail: c.Tail, Instances: c.Instance})
	if err != nil {
		return shell.DaemonError(dir, err)
	}
	print := words.JSON
	if c.Text {
		print = words.Text
	}
	for {
		event, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && c.Follow && ctx.Err() == nil:
			return errors.New("the daemon stopped; run weir events --from POSITION to go on later")
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		case err != nil:
			return shell.DaemonError(dir, err)
		}
		if gone := event.GetMissed(); gone != nil {
			fmt.Fprintf(std.Err, "weir: positions %d to %d are gone: %d batches of events were let go by retention, or are damaged\n",
				gone.GetFrom(), gone.GetTo(), gone.GetTo()-gone.GetFrom()+1)
			continue
		}
		if err := print(std.Out, event.GetPosition(), event.GetBatch()); err != nil {
			return err
		}
	}
}
