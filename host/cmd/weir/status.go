package main

import (
	"context"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type statusCommand struct {
	shell.Config
	JSON bool `name:"json" help:"Print JSON."`
}

// Run asks the daemon and prints.
func (c statusCommand) Run(ctx context.Context, std shell.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var status *adminv1.StatusResponse
	err := c.Ask(ctx, func(ctx context.Context, client *admin.Client) (err error) {
		status, err = client.Status(ctx, &adminv1.StatusRequest{})
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := std.Out.Write(append(jsonl.Append(nil, status), '\n'))
		return err
	}
	return printStatus(std.Out, status)
}
