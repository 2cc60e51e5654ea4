package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

type alertsCommand struct {
	shell.Config
	Follow bool   `short:"f" help:"Stay and print new alerts as they are raised."`
	From   uint64 `placeholder:"POSITION" help:"First position to print." xor:"start"`
	Tail   uint64 `placeholder:"N" help:"Begin with the last N alerts." xor:"start"`
	Firing bool   `help:"Only what fires now."`
	JSON   bool   `name:"json" help:"One JSON object a line."`
}

// Help is shown below the flags.
func (alertsCommand) Help() string {
	return "Prints what the daemon had to tell: conditions that began (firing) and ended (resolved), and events that alerts.events asks for (notice).\n" +
		"The rules, and how to send alerts to a webhook, are in docs/operating.md.\n\nExamples:\n  weir alerts --firing\n  weir alerts --follow --tail 10"
}

// Run prints alerts until the end, or, following, until interrupted.
func (c alertsCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	dir, client, err := c.Dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if c.Firing {
		return c.firing(ctx, std, dir, client)
	}
	stream, err := client.Alerts(ctx, &adminv1.AlertsRequest{Follow: c.Follow, From: c.From, Tail: c.Tail})
	if err != nil {
		return shell.DaemonError(dir, err)
	}
	for {
		answer, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && c.Follow && ctx.Err() == nil:
			return errors.New("the daemon stopped; run weir alerts --from POSITION to go on later")
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		case err != nil:
			return shell.DaemonError(dir, err)
		}
		if err := c.print(std.Out, answer); err != nil {
			return err
		}
	}
}

func (c alertsCommand) firing(ctx context.Context, std shell.Streams, dir string, client *admin.Client) error {
	s, err := client.Status(ctx, &adminv1.StatusRequest{})
	if err != nil {
		return shell.DaemonError(dir, err)
	}
	for _, a := range s.GetAlerts() {
		if err := c.print(std.Out, &adminv1.AlertsResponse{Alert: a}); err != nil {
			return err
		}
	}
	if len(s.GetAlerts()) == 0 && !c.JSON {
		_, err = fmt.Fprintln(std.Out, "nothing fires")
	}
	return err
}

func (c alertsCommand) print(w io.Writer, r *adminv1.AlertsResponse) error {
	a := r.GetAlert()
	if c.JSON {
		var unknown []string
		if c.Firing {
			unknown = []string{"position"} // the status does not tell where it is stored
		}
		_, err := w.Write(append(jsonl.Append(nil, r, unknown...), '\n'))
		return err
	}
	line := fmt.Sprintf("%s %-8s %-8s %s: %s", time.Unix(0, a.GetAtUnixNanos()).UTC().Format(time.DateTime), alertWord(a), severityWord(a), about(a), a.GetDetail())
	if a.GetRemedy() != "" && a.GetState() == eventv1.AlertState_ALERT_STATE_FIRING {
		line += ". What to do: " + a.GetRemedy()
	}
	_, err := fmt.Fprintln(w, words.Plain(line))
	return err
}

// about says which rule fires, and of what where there is more than one thing that it can be of.
func about(a *eventv1.Alert) string {
	if a.GetSubject() == "" {
		return a.GetRule()
	}
	return a.GetRule() + " (" + a.GetSubject() + ")"
}

func alertWord(a *eventv1.Alert) string {
	return strings.ToLower(strings.TrimPrefix(a.GetState().String(), "ALERT_STATE_"))
}

func severityWord(a *eventv1.Alert) string {
	return strings.ToLower(strings.TrimPrefix(a.GetSeverity().String(), "SEVERITY_"))
}
