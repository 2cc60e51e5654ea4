package monitor

import (
	"maps"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/latency"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Status is a snapshot of an Instance. Counts are since the host started and over all processes.
type Status struct {
	// Instance is its name; Monitor and Version are the plugin's own words, empty before its first start.
	Instance, Monitor, Version string
	// Venues that it wants records of, as it said at its last start: empty means all. Read it when Monitor is known.
	Venues []eventv1.Venue
	// State and since when.
	State State
	Since time.Time
	// Reason says why the state is Quarantined, Rejected or ConfigError; RetryAt when it is tried again, zero when only an operator does.
	Reason  string
	RetryAt time.Time
	// PID of the process; 0 when none runs. Program is the path that it was started from, Digest that of the file which was there then.
	PID             int
	Program, Digest string
	// Starts of a process, failed ones included.
	Starts uint64
	// Epoch of the newest process.
	Epoch uint64
	// Through is the last record number done, Lag how many numbers the journal is ahead.
	Through, Lag uint64
	// Records sent, replays included.
	Records uint64
	// Outputs stored, and outputs of replays that were stored before.
	Outputs, Suppressed uint64
	// Refused are records that the plugin could not handle. Gaps are ranges that were missing in the journal, Lost the records in them;
	// LastGap is the last range, nil when there was none.
	Refused, Gaps, Lost uint64
	LastGap             *journal.GapError
	// Parked are records that it is not given any more because they crashed it, now or under an earlier host. It is 0 before Run.
	Parked uint64
	// Checkpoint is the number of the last durable one, CheckpointBytes its size and CheckpointAt its time; these and the next are zero
	// when it is of an earlier host process.
	Checkpoint      uint64
	CheckpointBytes int64
	CheckpointAt    time.Time
	// CheckpointWritten is how many bytes were stored for it: all, or what had changed. CheckpointTook is from the barrier to its being
	// durable, CheckpointStood how long of that the plugin handled no record.
	CheckpointWritten               int64
	CheckpointTook, CheckpointStood time.Duration
	// Crash is the last unwanted end; nil when there was none. Crashes counts them by cause.
	Crash   *Crash
	Crashes map[string]uint64
	// Trouble is what the plugin itself says that it suffers from.
	Trouble string
	// LinesDropped are log lines of the running process over the limit of 200 a second.
	LinesDropped uint64
	// Isolation is the level that the plugin is kept apart at, and why not at a higher one; see process.Isolation.
	Isolation string
	// Recent is the latency of the last 10 to 20 s, Total that of all time: from the receipt of a record that was not a replay to its
	// outputs being durable.
	Recent, Total latency.Summary
	// All is the distribution of the same, of all time.
	All latency.Distribution
}

// Name of the instance.
func (i *Instance) Name() string { return i.cfg.Instance }

// Status tells how the instance is.
func (i *Instance) Status() Status {
	m := i.meters.Load()
	s := Status{
		Instance: i.cfg.Instance, Through: m.through.Load(), Records: m.records.Load(), Outputs: m.outputs.Load(),
		Suppressed: m.suppressed.Load(), Refused: m.refused.Load(), Gaps: m.gaps.Load(), Lost: m.lost.Load(), LastGap: m.lastGap.Load(), Checkpoint: m.checkpoint.Load(),
	}
	if saved := m.lastSaved.Load(); saved != nil {
		s.CheckpointBytes, s.CheckpointWritten = int64(saved.size), int64(saved.written)
		s.CheckpointTook, s.CheckpointStood = saved.took, saved.stood
	}
	if at := m.checkpointAt.Load(); at != 0 {
		s.CheckpointAt = time.Unix(0, at)
	}
	if text := m.trouble.Load(); text != nil {
		s.Trouble = *text
	}
	if _, last := i.journal.Bounds(); last > s.Through {
		s.Lag = last - s.Through
	}
	s.Recent, s.Total = m.latencies.Sums(time.Now())
	s.All = m.latencies.All()
	s.Isolation = i.cfg.Isolation.String()
	i.mu.Lock()
	defer i.mu.Unlock()
	s.State, s.Since, s.Starts, s.Crash, s.Reason, s.RetryAt = i.state, i.since, i.starts, i.crash, i.reason, i.retryAt
	s.Parked = m.parked.Load() // after the state: they are counted before it is another than Stopped
	s.Crashes = maps.Clone(i.crashes)
	s.Monitor, s.Version, s.Epoch, s.Venues = i.monitor, i.version, i.epoch, i.venues
	if i.plugin != nil {
		s.PID, s.LinesDropped = i.plugin.PID(), i.plugin.LinesDropped()
		s.Program, s.Digest = i.plugin.Path(), i.plugin.Digest()
	}
	return s
}

// Checkpointed is the number up to which this instance does not need the journal any more; 0 until that is known.
func (i *Instance) Checkpointed() uint64 { return i.meters.Load().checkpoint.Load() }
