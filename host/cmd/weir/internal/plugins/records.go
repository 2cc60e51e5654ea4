package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/monitor/drive"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// recordsFlags choose what a plugin is fed outside of a daemon.
type recordsFlags struct {
	Capture []string `placeholder:"FILE" sep:"none" help:"Feed what these captures of weir record, or getTransaction files, decode to." xor:"records"`
	Market  int      `placeholder:"SLOTS" help:"Feed so many slots of a generated market." xor:"records"`
	Seed    uint64   `default:"1" help:"Seed of the market."`
	From    uint64   `placeholder:"NUMBER" help:"Feed the journal from this record on. Default: the oldest kept."`
	To      uint64   `placeholder:"NUMBER" help:"Feed the journal up to this record. Default: the newest."`
}

const recordsHelp = "The records are those of the journal in the data folder, asked of the daemon that runs on it or read from the folder where none runs. " +
	"--capture and --market feed others: those that a recorded stream or a generated market decode to, numbered from 1."

// records is the chosen source.
func (f recordsFlags) records(ctx context.Context, c shell.Config, std shell.Streams) (iter.Seq2[drive.Run, error], error) {
	switch {
	case len(f.Capture) > 0:
		return f.captured(ctx, std), nil
	case f.Market > 0:
		return f.generated(ctx), nil
	}
	dir, err := c.Data()
	if err != nil {
		return nil, err
	}
	client, err := admin.Dial(dir)
	if err != nil {
		return f.journaled(ctx, c, dir)
	}
	return f.asked(ctx, client, dir), nil
}

// asked reads the journal through the daemon.
func (f recordsFlags) asked(ctx context.Context, client *admin.Client, dir string) iter.Seq2[drive.Run, error] {
	return func(yield func(drive.Run, error) bool) {
		defer func() { _ = client.Close() }() // nothing is lost with it
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := client.Records(ctx, &adminv1.RecordsRequest{From: f.From, To: f.To})
		for err == nil {
			var part *adminv1.RecordsResponse
			if part, err = stream.Recv(); err != nil {
				break
			}
			run := drive.Run{First: part.GetFirstNumber(), Last: part.GetLastNumber(), Missing: part.GetMissing()}
			if run.Records, err = envelopesOf(part.GetBatch()); err == nil && !yield(run, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(drive.Run{}, shell.DaemonError(dir, err))
		}
	}
}

func envelopesOf(batch []byte) ([]*pluginv1.Envelope, error) {
	b := &pluginv1.Batch{}
	if err := proto.Unmarshal(batch, b); err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return b.GetRecords(), nil
}

var errNoJournal = errors.New("there is no journal")

// journaled opens the journal of a folder that no daemon uses.
func (f recordsFlags) journaled(ctx context.Context, c shell.Config, dir string) (iter.Seq2[drive.Run, error], error) {
	cfg, err := c.Load()
	if problems := (config.Problems{}); errors.As(err, &problems) {
		cfg, err = config.Default(), nil // no endpoint is needed to read
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "journal")
	if found, _ := filepath.Glob(filepath.Join(path, "*")); len(found) == 0 && cfg.NATS.URL == "" {
		return nil, fmt.Errorf("%w in %s, and no daemon runs on it: name another folder with --data-dir, or feed --market 100 or --capture FILE", errNoJournal, dir)
	}
	j, err := journal.Open(ctx, journal.Config{
		Dir: path, URL: cfg.NATS.URL, MaxBytes: int64(cfg.Journal.MaxBytes), MaxAge: cfg.Journal.MaxAge,
		EventsMaxBytes: int64(cfg.Journal.MaxBytes), EventsMaxAge: cfg.Journal.MaxAge,
	})
	if err != nil {
		return nil, err
	}
	return func(yield func(drive.Run, error) bool) {
		err := f.read(ctx, j, yield)
		if err = errors.Join(err, j.Close()); err != nil && !errors.Is(err, errEnough) { //nolint:contextcheck // closing outlives the context that asks for it
			yield(drive.Run{}, err)
		}
	}, nil
}

// errEnough says that nobody wants more.
var errEnough = errors.New("nobody wants more")

func (f recordsFlags) read(ctx context.Context, j *journal.Journal, yield func(drive.Run, error) bool) error {
	s := j.Status()
	from, last := max(f.From, s.First, 1), s.Last
	if f.To != 0 {
		last = min(last, f.To)
	}
	reader := j.NewReader(from - 1)
	for from <= last {
		frame, err := reader.Next(ctx)
		run := drive.Run{First: frame.First, Last: frame.Last}
		if gap, ok := errors.AsType[*journal.GapError](err); ok {
			run = drive.Run{First: gap.From, Last: gap.To, Missing: gap.Reason}
		} else if err != nil {
			return err
		}
		if run.Records, err = envelopesOf(frame.Payload); err != nil {
			return err
		}
		from = run.Last + 1
		for len(run.Records) > 0 && run.Last > last {
			run.Last--
			if n := len(run.Records) - 1; run.Records[n].GetNumber() > run.Last {
				run.Records = run.Records[:n]
			}
		}
		if !yield(run, nil) {
			return errEnough
		}
	}
	return nil
}
