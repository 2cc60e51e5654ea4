package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/jsonl"
	"github.com/weir-run/weir/host/internal/monitor/drive"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

type replayCommand struct {
	pluginsFlags
	recordsFlags
	Plugin   string `arg:"" help:"Name of a plugin of the configuration or of an installed one, or a program."`
	Settings string `placeholder:"FILE" help:"JSON file with the configuration to run it with. Default: that of weir.yaml under its name, else its own defaults."`
	JSON     bool   `name:"json" help:"Print outputs as JSON lines."`
	Quiet    bool   `short:"q" help:"Print no outputs, only how many there are and how fast it was."`
}

// Help is shown below the flags.
func (replayCommand) Help() string {
	return "Runs the program in a process of its own from nothing, feeds it records, and prints what it gives. Nothing is stored, and a running daemon does not notice. " + recordsHelp + "\n" +
		"Progress goes to standard error each second. The program's own log does too, with --log-level.\n\n" +
		"Examples:\n  weir plugin replay trading --from 1000 --to 2000\n  weir plugin replay bin/weir-whales --market 500\n  weir plugin replay bin/weir-whales --capture today.weircap --json | jq .signal.text"
}

// Run replays.
func (c replayCommand) Run(ctx context.Context, std shell.Streams) error {
	s, err := c.subject(c.Plugin, c.Settings)
	if err != nil {
		return err
	}
	records, err := c.records(ctx, c.Config, std)
	if err != nil {
		return err
	}
	p := &drive.Progress{}
	cfg := drive.Config{
		Path: s.path, Settings: s.settings, Env: s.env, Records: records, StallTimeout: 30 * time.Second, Progress: p,
		Output: c.printer(std.Out, s.name), Refused: refusals(std.Err),
	}
	if c.Log != "" {
		cfg.Log = shell.Logger(std.Err, config.Log{Level: c.Log})
	}
	began := time.Now()
	stop := sayProgress(std.Err, p, began)
	_, err = drive.Play(ctx, cfg)
	stop()
	fmt.Fprintln(std.Err, summary(p, time.Since(began)))
	return err
}

// printer prints outputs as weir events does, without where they lie and whose they are: they are not stored.
func (c replayCommand) printer(w io.Writer, name string) func(*eventv1.Output) error {
	switch {
	case c.Quiet:
		return nil
	case c.JSON:
		return func(o *eventv1.Output) error {
			_, err := w.Write(append(jsonl.Append(nil, o), '\n'))
			return err
		}
	}
	return func(o *eventv1.Output) error {
		return words.Text(w, 0, &eventv1.OutputBatch{Instance: name, Outputs: []*eventv1.Output{o}})
	}
}

func refusals(w io.Writer) func(*pluginv1.RecordError) error {
	return func(e *pluginv1.RecordError) error {
		_, err := fmt.Fprintf(w, "record %d was refused: %s\n", e.GetNumber(), e.GetMessage())
		return err
	}
}

// sayProgress says once a second how far it is.
func sayProgress(w io.Writer, p *drive.Progress, began time.Time) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintln(w, summary(p, time.Since(began)))
			}
		}
	}()
	return func() { close(done); <-ended }
}

func summary(p *drive.Progress, took time.Duration) string {
	sent := p.Sent.Load()
	text := fmt.Sprintf("through record %d: %d given to it, %d not wanted, %d outputs, %.0f records/s", p.Through.Load(), sent, p.Skipped.Load(), p.Outputs.Load(),
		float64(sent)/took.Seconds())
	if n := p.Refused.Load(); n > 0 {
		text += fmt.Sprintf(", %d refused", n)
	}
	return text
}

// subject is a plugin as the configuration has it.
type subject struct {
	name, path string
	settings   []byte
	env        []string
}

// subject finds a program by path, by its name in the configuration, or by its name among the installed ones.
func (f pluginsFlags) subject(plugin, settingsFile string) (s subject, err error) {
	s.name = filepath.Base(plugin)
	p, named, err := f.configured(plugin)
	if err != nil {
		return s, err
	}
	if info, err := os.Stat(plugin); err == nil && !info.IsDir() {
		s.path, err = f.program(plugin)
		if err != nil {
			return s, err
		}
	} else if named {
		s.path, s.env = p.Path, p.Env
		if len(p.Config) > 0 {
			if s.settings, err = json.Marshal(p.Config); err != nil {
				return s, fmt.Errorf("configuration of plugin %s: %w", plugin, err)
			}
		}
	} else if s.path, err = f.program(plugin); err != nil {
		return s, err
	}
	if settingsFile != "" {
		if s.settings, err = os.ReadFile(settingsFile); err != nil {
			return s, fmt.Errorf("read settings: %w", err)
		}
	}
	return s, nil
}
