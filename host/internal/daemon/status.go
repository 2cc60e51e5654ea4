package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/pool"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Status returns a snapshot of every room. Counts are each exact but not of one instant.
func (d *Daemon) Status() *adminv1.StatusResponse {
	j := d.journal.Status()
	d.heights.note(time.Now(), j.Last)
	s := &adminv1.StatusResponse{
		Version:     d.version,
		StartedUnix: d.started.Unix(),
		Endpoints:   d.connections(),
		Process:     processStatus(),
		Idl:         d.idlStatus(),
		Programs:    d.pipeline.programs(),
		Gaps:        d.gapStatus(),
		Journal:     &adminv1.JournalStatus{FirstNumber: j.First, LastNumber: j.Last, Bytes: j.Bytes, CompleteSlot: j.CompleteSlot, Trouble: j.Trouble, Durable: summary(j.Recent, j.All), FirstUnix: seconds(j.FirstAt)},
		Arrival:     recent(&d.pipeline.took.arrival),
	}
	s.Disk = diskStatus(d.cfg.DataDir)
	s.Store = d.storeStatus()
	s.Alerts, s.Webhooks = d.alerts.Firing(), d.alerts.Webhooks()
	s.Caches, s.MetadataFetch = d.caches(), d.fetchStatus()
	monitors := &adminv1.StageStatus{Name: "monitor", Dropped: map[string]uint64{}}
	var spread latency.Summary
	var all latency.Distribution
	for _, m := range d.roster.all() {
		st := m.Status()
		p := pluginStatus(st)
		p.LagMillis = d.heights.behind(time.Now(), st.Through, j.Last)
		if step := m.upgrade.Load(); step != nil {
			p.Upgrade = *step
		}
		s.Plugins = append(s.Plugins, p)
		monitors.In += st.Records
		monitors.Out += st.Outputs
		monitors.Dropped["refused"] += st.Refused
		spread = worst(spread, st.Recent)
		all.Add(st.All)
	}
	monitors.Latency = summary(spread, all)
	s.Stages = append(d.pipeline.stages(), monitors)
	return s
}

// Events visits stored batches of outputs; see admin.Source.
func (d *Daemon) Events(
	ctx context.Context, req *adminv1.EventsRequest, missed func(from, to uint64), visit func(position uint64, batch []byte) error,
) error {
	q := journal.EventsQuery{From: req.GetFrom(), Tail: req.GetTail(), Follow: req.GetFollow(), Instances: req.GetInstances()}
	if missed != nil {
		q.Missed = func(from, to uint64) {
			if from > 1 || q.From > 0 { // who asks for the oldest kept misses nothing before it
				missed(from, to)
			}
		}
	}
	return d.journal.ReadEvents(ctx, q, visit)
}

// Gaps answers from the gap ledger.
func (d *Daemon) Gaps(req *adminv1.GapsRequest) *adminv1.GapsResponse {
	groups, _ := d.pool.Groups()
	out := admin.GapsOf(d.ledger, names(groups), d.pipeline.ingest.Frontier, req)
	members, _ := d.roster.snapshot()
	for _, m := range members {
		if s := m.Status(); s.LastGap != nil {
			out.Lost = append(out.Lost, &adminv1.LostRecords{
				Instance: s.Instance, Ranges: s.Gaps, Records: s.Lost, FromRecord: s.LastGap.From, ToRecord: s.LastGap.To, Reason: s.LastGap.Reason,
			})
		}
	}
	return out
}

func (d *Daemon) connections() (out []*adminv1.EndpointStatus) {
	s := d.pool.Status()
	for _, c := range s.Connections {
		out = append(out, d.connection(c, s.Alarms))
	}
	return out
}

func (d *Daemon) connection(c pool.ConnectionStatus, quiet []string) *adminv1.EndpointStatus {
	s := &adminv1.EndpointStatus{
		Name: c.Endpoint, State: string(c.State), Updates: c.Updates, Bytes: c.Bytes, Opens: c.Opens, Slot: c.Slot,
		Connection: uint32(c.Index), Groups: c.Groups, Filters: uint32(c.Filters), Breaker: string(c.Breaker),
		OpensUsed: uint32(c.OpensUsed), OpensLimit: uint32(c.OpensLimit), Profile: c.Profile,
	}
	for _, g := range c.Groups {
		if slices.Contains(quiet, g) {
			s.Alarms = append(s.Alarms, g+" brings nothing")
		}
	}
	if c.Updates > 0 {
		s.Tps, s.BytesPerSecond = &c.TPS, &c.BytesPerSecond
	}
	if c.Parsed+c.Failed > 0 {
		s.ParseRate = &c.ParseRate
	}
	if d.cfg.Copies > 1 && c.Won+c.Lost > 0 {
		s.WinRate = &c.WinRate
	}
	if c.LagKnown {
		lag := c.Lag.Microseconds()
		s.LagMicros = &lag
	}
	if c.LastError != nil {
		s.LastError = c.LastErrorAt.UTC().Format(time.TimeOnly) + " " + c.LastError.Error()
	}
	return s
}

// stages tells what went through. Latency of ingest counts from receipt, so it holds the wait in the queue.
func (p *pipeline) stages() []*adminv1.StageStatus {
	in := p.ingest.Stats()
	c := &p.count
	stages := []*adminv1.StageStatus{
		{
			Name: "ingest", In: c.transactions.Load(), Out: c.fresh.Load(), Latency: recent(&p.took.ingest),
			Dropped: map[string]uint64{"duplicate": in.Duplicates, "old": in.Old, "far": in.Far, "malformed": c.malformed.Load()},
		},
		{Name: "decode", In: c.fresh.Load(), Out: c.decoded.Load(), Latency: recent(&p.took.decode), Dropped: p.undecoded()},
		{Name: "enrich", In: c.decoded.Load(), Out: c.enriched.Load(), Latency: recent(&p.took.enrich)},
		{
			Name: "journal", In: c.enriched.Load() + c.notes.Load(), Out: c.journaled.Load() + c.notes.Load(), Latency: recent(&p.took.journal),
			Dropped: map[string]uint64{"oversized": c.oversized.Load()},
		},
	}
	if p.order != nil {
		stages = slices.Insert(stages, 1, p.order.stage(c.fresh.Load(), &p.took.order))
	}
	return stages
}

// undecoded counts instructions of watched programs that gave no record although they should.
func (p *pipeline) undecoded() map[string]uint64 {
	s := p.decoder.Stats()
	sum := map[string]uint64{}
	for _, program := range s.All() {
		sum["unresolved"] += program.Unresolved
		sum["failed"] += program.Failed
	}
	return sum
}

func pluginStatus(st monitor.Status) *adminv1.PluginStatus {
	s := &adminv1.PluginStatus{
		Instance: st.Instance, State: st.State.String(), Pid: int64(st.PID), Starts: st.Starts, Through: st.Through, Lag: st.Lag,
		Outputs: st.Outputs, Suppressed: st.Suppressed, Checkpoint: st.Checkpoint, Reason: st.Reason,
		Isolation: st.Isolation,
	}
	if st.Monitor != "" {
		s.Monitor = st.Monitor + " " + st.Version
	}
	if s.Parked = st.Parked; !st.RetryAt.IsZero() {
		s.RetryUnix = st.RetryAt.Unix()
	}
	if st.Crash != nil {
		s.LastCrash, s.LastCrashUnix = st.Crash.Error(), seconds(st.Crash.At)
	}
	s.Crashes = st.Crashes
	s.CpuMicros, s.RssBytes = processUse(st.PID)
	if s.JournalGaps, s.JournalGapRecords = st.Gaps, st.Lost; st.LastGap != nil {
		s.JournalGapFrom, s.JournalGapTo, s.JournalGapReason = st.LastGap.From, st.LastGap.To, st.LastGap.Reason
	}
	if !st.CheckpointAt.IsZero() {
		s.CheckpointUnix, s.CheckpointBytes, s.CheckpointWrittenBytes = st.CheckpointAt.Unix(), uint64(st.CheckpointBytes), uint64(st.CheckpointWritten)
		s.CheckpointTookMicros, s.CheckpointStoodMicros = uint64(st.CheckpointTook.Microseconds()), uint64(st.CheckpointStood.Microseconds())
	}
	return s
}

func recent(r *latency.Recorder) *adminv1.Latency {
	now, _ := r.Sums(time.Now())
	return summary(now, r.All())
}

// summary leaves values absent when nothing was measured of late.
func summary(s latency.Summary, all latency.Distribution) *adminv1.Latency {
	out := &adminv1.Latency{Count: all.Count, SumMicros: uint64(all.Sum.Microseconds())}
	for i, bound := range latency.Bounds {
		out.Buckets = append(out.Buckets, &adminv1.LatencyBucket{BoundMicros: uint64(bound.Microseconds()), Count: all.AtMost[i]})
	}
	if s.Count == 0 {
		return out
	}
	p50, p99, most := uint64(s.P50.Microseconds()), uint64(s.P99.Microseconds()), uint64(s.Max.Microseconds())
	out.P50Micros, out.P99Micros, out.MaxMicros = &p50, &p99, &most
	return out
}

// worst takes the higher of each value: a chain is as late as its latest monitor.
func worst(a, b latency.Summary) latency.Summary {
	return latency.Summary{Count: a.Count + b.Count, P50: max(a.P50, b.P50), P99: max(a.P99, b.P99), Max: max(a.Max, b.Max)}
}
