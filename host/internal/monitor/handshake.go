package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// Limits of the journal's calls and of Restore.
const (
	journalLimit = 30 * time.Second
	restoreBase  = time.Minute // and one second for each restoreRate bytes
	restoreRate  = 10 << 20
)

func (s *session) describe(ctx context.Context) error {
	s.to(Configuring, slog.Int("pid", s.PID()))
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	d, err := s.Control.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	if d.GetName() == "" {
		return breach("Describe gave no name")
	}
	s.described = d
	s.known(s)
	return s.sameMonitor()
}

// sameMonitor refuses a program that is another monitor than the one whose state there is.
func (s *session) sameMonitor() error {
	c, name := s.checkpoint, s.described.GetName()
	if c == nil || c.Monitor == "" || c.Monitor == name {
		return nil
	}
	return crashf(CauseState, "%s is monitor %q, but plugin %s runs %q: name a program of that monitor, or give this one a name of its own in the configuration",
		s.cfg.Path, name, s.cfg.Instance, c.Monitor)
}

func (s *session) configure(ctx context.Context) error {
	sum := sha256.Sum256(s.cfg.Config)
	s.configHash = hex.EncodeToString(sum[:8])
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	_, err := s.Control.Configure(ctx, &pluginv1.ConfigureRequest{Config: s.cfg.Config})
	if status.Code(err) == codes.InvalidArgument {
		return crashf(CauseConfig, "%s %s refused its configuration: %s", s.described.GetName(), s.described.GetVersion(), status.Convert(err).Message())
	}
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	return nil
}

// loadAhead begins to read the newest checkpoint, while the program starts: a large one takes as long. Whoever owned the instance before
// may still save another one, so it counts only once this process is the owner and finds the same. The returned function ends that.
func (s *session) loadAhead(ctx context.Context) (end func()) {
	if s.shadow != nil {
		return func() {} // it is given one
	}
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	read := make(chan *Checkpoint, 1)
	go func() { read <- s.journal.Preload(ctx, s.cfg.Instance); close(read) }()
	s.ahead = func() *Checkpoint { return <-read }
	return func() { cancel(); <-read }
}

// own makes this process the instance's only one, and finds where it goes on.
func (s *session) own(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	defer cancel()
	if s.shadow != nil {
		return s.standBy(ctx)
	}
	if s.epoch, err = s.journal.Acquire(ctx, s.cfg.Instance); err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	s.known(s)
	first, last := s.journal.Bounds()
	s.target = last
	s.clock = &latencyClock{after: last, sums: &s.meters.latencies}
	s.outputs, err = s.journal.OpenOutputs(ctx, s.cfg.Instance, s.described.GetName(), s.epoch, s.clock.durable)
	if err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	s.outputs = tee{s.outputs, s.watched}
	if s.checkpoint, err = s.journal.LoadCheckpoint(ctx, s.cfg.Instance, s.ahead()); err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	letters, err := s.journal.DeadLetters(ctx, s.cfg.Instance, LetterParked)
	if err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	s.parked = map[uint64]string{}
	for _, letter := range letters {
		s.parked[letter.Number] = letter.Detail
	}
	s.meters.parked.Store(uint64(len(letters)))
	if err := s.sameMonitor(); err != nil {
		return err
	}
	return s.goOn(ctx, first, last)
}

// standBy takes the checkpoint that it was given and owns nothing: its outputs are only compared.
func (s *session) standBy(ctx context.Context) error {
	_, s.target = s.journal.Bounds()
	s.clock = &latencyClock{after: s.target, sums: &s.meters.latencies}
	s.shadow.mu.Lock()
	s.shadow.clock = s.clock
	s.shadow.mu.Unlock()
	s.outputs = standbyOutputs{s.shadow, s.checkpoint.Outputs}
	s.after, s.saved = s.checkpoint.Number, s.checkpoint.Number
	if err := s.recall(ctx, s.target); err != nil {
		return err
	}
	return s.born(ctx)
}

// open begins the epoch and hands over the state.
func (s *session) open(ctx context.Context) error {
	s.to(Restoring, slog.Uint64("checkpoint", s.saved))
	c := s.checkpoint
	request := &pluginv1.OpenRequest{Instance: s.cfg.Instance, Epoch: s.epoch, ResumeAfter: s.after}
	if c != nil && !s.remembersNothing(c) {
		if c.StateVersion < s.described.GetStateReadsMin() || c.StateVersion > s.described.GetStateWrites() {
			return crashf(CauseState, "the state after record %d has version %d, but %s %s reads %d to %d: run a version that reads it",
				c.Number, c.StateVersion, s.described.GetName(), s.described.GetVersion(), s.described.GetStateReadsMin(), s.described.GetStateWrites())
		}
		if c.Digest != s.Digest() || c.ConfigHash != s.configHash {
			s.cfg.Log.Info("program or configuration changed since the checkpoint; outputs of the replayed records stay as they are", "checkpoint", c.Number)
		}
		if len(c.Parts) > 1 && !s.divides() {
			return crashf(CauseState, "the state after record %d is in %d parts, which %s %s cannot read (it lacks the capability %s): run a version that does",
				c.Number, len(c.Parts), s.described.GetName(), s.described.GetVersion(), deltaState)
		}
		request.HasCheckpoint, request.StateVersion, request.Checkpoint = true, c.StateVersion, restoredID
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	if _, err := s.Control.Open(call, request); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return nil
}

// deltaState is the capability of saving and restoring a state in parts.
const deltaState = "delta-state"

func (s *session) divides() bool { return slices.Contains(s.described.GetCapabilities(), deltaState) }

// remembersNothing tells of the checkpoint of a program without a state, which one with a state goes on from: there is nothing to restore.
func (s *session) remembersNothing(c *Checkpoint) bool {
	return c.StateVersion == 0 && c.Size() == 0 && s.described.GetStateReadsMin() > 0
}

func (s *session) restore(ctx context.Context) error {
	c := s.checkpoint
	if c == nil || s.remembersNothing(c) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, restoreBase+time.Duration(c.Size()/restoreRate)*time.Second)
	defer cancel()
	stream, err := s.Restore(ctx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for n, part := range c.Parts {
		if s.sendPart(stream, n, part.Data) != nil {
			break // the answer says why
		}
		part.Data = nil
	}
	if err = stream.CloseSend(); err == nil {
		err = stream.RecvMsg(&pluginv1.RestoreResponse{})
	}
	s.cfg.step("sent", "restore")
	if status.Code(err) == codes.DataLoss {
		return crashf(CauseState, "%s %s cannot read its checkpoint: %s", s.described.GetName(), s.described.GetVersion(), status.Convert(err).Message())
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// sendPart sends a part of a state. An empty one is sent as well: the monitor counts them.
func (s *session) sendPart(stream grpc.ClientStream, n int, data []byte) error {
	for size := len(data); ; size = 0 {
		chunk := data[:min(len(data), wire.MaxChunk)]
		s.cfg.step("send", "restore")
		if err := stream.SendMsg(restoreRequest(n, size, chunk)); err != nil {
			return err
		}
		if data = data[len(chunk):]; len(data) == 0 {
			return nil
		}
	}
}
