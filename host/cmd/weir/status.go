package main

import (
	"context"
	"errors"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type statusCommand struct {
	shell.Config
	JSON bool `name:"json" help:"Print JSON."`
}

// Run asks the daemon and prints.
func (c statusCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	dir, client, err := c.Dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	status, err := client.Status(ctx, &adminv1.StatusRequest{})
	if err != nil {
		return shell.DaemonError(dir, err)
	}
	if c.JSON {
		_, err := std.Out.Write(append(jsonl.Append(nil, status), '\n'))
		return err
	}
	return printStatus(std.Out, status)
}
