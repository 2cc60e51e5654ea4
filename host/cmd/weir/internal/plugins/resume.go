package plugins

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type resumeCommand struct {
	shell.Config
	Name string `arg:"" help:"Name of the plugin in the configuration."`
}

// Run starts it.
func (c resumeCommand) Run(ctx context.Context, std shell.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		was, err := client.ResumePlugin(ctx, &adminv1.ResumePluginRequest{Instance: c.Name})
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s was %s and is started; see weir status\n", c.Name, was.GetState())
		return nil
	})
}

type crashCommand struct {
	shell.Config
	Name string `arg:"" help:"Name of the plugin in the configuration."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run asks and prints.
func (c crashCommand) Run(ctx context.Context, std shell.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		crash, err := client.PluginCrash(ctx, &adminv1.PluginCrashRequest{Instance: c.Name})
		if err != nil {
			return err
		}
		if c.JSON {
			_, err := std.Out.Write(append(jsonl.Append(nil, crash), '\n'))
			return err
		}
		printCrash(std.Out, c.Name, crash)
		return nil
	})
}

func printCrash(w io.Writer, name string, r *adminv1.PluginCrashResponse) {
	if c := r.GetCrash(); c == nil {
		fmt.Fprintf(w, "%s has not crashed since the daemon started\n", name)
	} else {
		fmt.Fprintf(w, "%s %s crashed at %s\ncause    %s: %s\nrecords  done up to %d, sent up to %d\n", name, c.GetVersion(),
			time.Unix(0, c.GetAtUnixNanos()).UTC().Format(time.RFC3339Nano), c.GetCause(), c.GetDetail(), c.GetThrough(), c.GetSent())
		printList(w, "stack", c.GetStack())
		printList(w, "last frames (-> to the plugin)", c.GetFrames())
	}
	if len(r.GetDeadLetters()) > 0 {
		fmt.Fprintf(w, "\n%d dead letters\n", len(r.GetDeadLetters()))
	}
	for _, l := range r.GetDeadLetters() {
		fmt.Fprintf(w, "  record %d %s at %s: %s\n", l.GetNumber(), l.GetReason(), time.Unix(0, l.GetAtUnixNanos()).UTC().Format(time.RFC3339), l.GetDetail())
	}
}

func printList(w io.Writer, title string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(w, "\n%s\n  %s\n", title, strings.Join(lines, "\n  "))
	}
}
