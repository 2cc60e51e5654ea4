// Package drive runs a plugin's program over records that it is given, outside of a daemon: what came out of the journal or a capture goes
// in, and its outputs come back. Nothing is stored.
package drive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/weir-run/weir/host/internal/monitor/ask"
	"github.com/weir-run/weir/host/internal/monitor/process"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// Run is a part of a journal.
type Run struct {
	// First and Last number, inclusive. The First of the next run is one after this Last.
	First, Last uint64
	// Records in it, ascending. Nil when they are missing.
	Records []*pluginv1.Envelope
	// Missing says why there are none; empty when nothing is missing.
	Missing string
}

// Config of Play.
type Config struct {
	// Path of the program, or Socket of one that runs already and waits there (WEIR_DEBUG).
	Path, Socket string
	// Settings are the plugin's configuration, a JSON object; empty for its defaults.
	Settings []byte
	// Env names variables of this process's environment that the program gets beside the harmless ones.
	Env []string
	// Records to play. An error ends the play.
	Records iter.Seq2[Run, error]
	// Output is called for each output, in order, from one goroutine. Default: nobody is told.
	Output func(*eventv1.Output) error
	// Refused is told of records that the program could not handle. Default: nobody is told.
	Refused func(*pluginv1.RecordError) error
	// Log gets the program's own lines. Default: discard.
	Log *slog.Logger
	// StallTimeout ends a play without progress; 0 means never, which is for programs under a debugger.
	StallTimeout time.Duration
	// Progress is filled on the way. May be nil.
	Progress *Progress
}

// Progress is how far a play is. Any goroutine may read it.
type Progress struct {
	// Through is the last number done, Sent counts records that the program wanted, Skipped those that it did not, Outputs and Refused what
	// came back.
	Through, Sent, Skipped, Outputs, Refused atomic.Uint64
}

// credit is how many frames may be unanswered.
const credit = 16

// Play runs the program over the records and returns what it said of itself. The error says what stopped it before the end.
func Play(ctx context.Context, cfg Config) (_ *pluginv1.DescribeResponse, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Output == nil {
		cfg.Output = func(*eventv1.Output) error { return nil }
	}
	if cfg.Refused == nil {
		cfg.Refused = func(*pluginv1.RecordError) error { return nil }
	}
	if cfg.Progress == nil {
		cfg.Progress = &Progress{}
	}
	p := &play{Config: cfg, credit: make(chan struct{}, credit)}
	end, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := p.prepare(ctx); err != nil {
		return p.described, p.why(err)
	}
	return p.described, p.why(p.feed(ctx))
}

type play struct {
	Config

	client    *wire.Client
	launched  *process.Plugin // nil for one that runs already
	described *pluginv1.DescribeResponse
	epoch     uint64
	stand     ask.Stand // answers its questions
	credit    chan struct{}
	stream    grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame]
}

// connect starts the program, or joins the one that waits.
func (p *play) connect(ctx context.Context) (end func() error, err error) {
	if p.Socket != "" {
		return p.attach(ctx)
	}
	p.epoch = 1
	sockets, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("make socket folder: %w", err)
	}
	p.launched, err = process.Launch(ctx, process.Config{
		Path: p.Path, SocketDir: sockets, Env: p.Env, StartTimeout: 10 * time.Second, Listen: p.stand.Listen, Log: p.Log,
	})
	if err != nil {
		return nil, errors.Join(err, p.stand.Close(), os.RemoveAll(sockets))
	}
	p.client = p.launched.Client
	p.stand.Serve(p.epoch, p.launched.Admits)
	return func() error { return errors.Join(p.launched.Kill(ctx), p.stand.Close(), os.RemoveAll(sockets)) }, nil
}

// attach joins a program that waits, and answers its questions meanwhile. The socket for them is beside the program's own: nobody could give
// it one when it was started.
func (p *play) attach(ctx context.Context) (end func() error, err error) {
	conn, err := process.Attach(p.Socket)
	if err != nil {
		return nil, err
	}
	p.client, p.epoch = wire.NewClient(conn), uint64(time.Now().UnixNano()) // above that of an earlier play
	end = func() error { return errors.Join(conn.Close(), p.stand.Close()) }
	if err := p.stand.ListenAt(ctx, wire.DebugHostSocket(p.Socket)); err != nil {
		return nil, errors.Join(err, end())
	}
	p.stand.Serve(p.epoch, func(net.Conn) error { return nil }) // the socket's mode keeps other users away
	return end, nil
}

// prepare takes the program to where records may come.
func (p *play) prepare(ctx context.Context) (err error) {
	if p.StallTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.StallTimeout)
		defer cancel()
	}
	if p.described, err = p.client.Control.Describe(ctx, &pluginv1.DescribeRequest{}); err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	if _, err := p.client.Control.Configure(ctx, &pluginv1.ConfigureRequest{Config: p.Settings}); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if _, err := p.client.Control.Open(ctx, &pluginv1.OpenRequest{Instance: p.described.GetName(), Epoch: p.epoch}); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return nil
}

// feed plays all, and returns when all is answered.
func (p *play) feed(ctx context.Context) (err error) {
	streaming, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if p.stream, err = p.client.Monitor.Run(streaming); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	both, inner := errgroup.WithContext(streaming)
	both.Go(func() error {
		last, err := p.send(inner)
		if err == nil {
			err = p.answered(inner, last)
		}
		if err == nil {
			err = errDone
		}
		stop(err)
		return err
	})
	both.Go(func() error { return p.receive(streaming, stop) })
	switch err := both.Wait(); {
	case errors.Is(err, errStalled):
		return fmt.Errorf("no answer within %s, done through %d", p.StallTimeout, p.Progress.Through.Load())
	case errors.Is(err, errDone):
		return nil
	default:
		return err
	}
}

// why prefers how the process ended to what that did to its stream.
func (p *play) why(err error) error {
	if err == nil || p.launched == nil {
		return err
	}
	select {
	case <-p.launched.Exited():
	case <-time.After(time.Second):
		return err
	}
	text := fmt.Sprintf("%s %s after record %d", p.described.GetName(), p.launched.Exit(), p.Progress.Through.Load())
	return errors.New(strings.Join(append([]string{text}, p.launched.Exit().Panic...), "\n  "))
}
