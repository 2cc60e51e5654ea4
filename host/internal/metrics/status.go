package metrics

import (
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

func (s sink) daemon(r *adminv1.StatusResponse) {
	s.put(buildInfo, 1, r.GetVersion())
	s.put(startTime, float64(r.GetStartedUnix()))
	j := r.GetJournal()
	s.count(completed, j.GetCompleteSlot(), "journal")
	s.count(completed, r.GetGaps().GetCompleteSlot(), "received")
	s.count(journalFirst, j.GetFirstNumber())
	s.count(journalLast, j.GetLastNumber())
	s.count(journalBytes, j.GetBytes())
	s.flag(journalTrouble, j.GetTrouble() != "")
	if j.GetFirstUnix() != 0 {
		s.put(journalOldest, float64(j.GetFirstUnix()))
	}
	s.histogram(journalDurable, j.GetDurable())
	s.histogram(arrival, r.GetArrival())
	s.count(gapSlots, r.GetGaps().GetMissingSlots())
	s.count(gapRows, r.GetGaps().GetRows())
	s.watched(r)
	if idl := r.GetIdl(); idl != nil {
		s.count(idlCount, uint64(len(idl.GetPrograms())))
		s.count(idlRefused, uint64(len(idl.GetProblems())))
	}
}

// watched is what alerts look at beside the rooms, and the alerts themselves.
func (s sink) watched(r *adminv1.StatusResponse) {
	if d := r.GetDisk(); d != nil {
		s.count(diskFree, d.GetFreeBytes())
		s.count(diskTotal, d.GetTotalBytes())
	}
	if p := r.GetProcess(); p != nil && p.MemoryLimitBytes != nil {
		s.count(memory, p.GetMemoryLimitBytes())
	}
	for _, a := range r.GetAlerts() {
		s.put(alertFiring, 1, a.GetRule(), a.GetSubject(), strings.ToLower(strings.TrimPrefix(a.GetSeverity().String(), "SEVERITY_")))
	}
	for _, w := range r.GetWebhooks() {
		s.count(webhookDelivered, w.GetDelivered(), w.GetName())
		s.count(webhookFailed, w.GetFailed(), w.GetName())
		s.count(webhookLost, w.GetLost(), w.GetName())
	}
}

// store shows nothing where there is none.
func (s sink) store(st *adminv1.StoreStatus) {
	if st == nil {
		return
	}
	for kind, n := range st.GetKinds() {
		s.count(storeOutputs, n, kind)
	}
	s.count(storeRows, st.GetRows())
	s.count(storeDeleted, st.GetDeleted())
	s.count(storeErrors, st.GetErrors())
	s.count(storeMissed, st.GetMissed())
	s.flag(storeTrouble, st.GetTrouble() != "")
	s.put(storeLag, float64(st.GetLagMicros())/1e6)
	s.count(storeBehind, st.GetLast()-min(st.GetPosition(), st.GetLast()))
	s.histogram(storeTransactions, st.GetTransactions())
}

func (s sink) connection(c *adminv1.EndpointStatus) {
	labels := []string{strconv.FormatUint(uint64(c.GetConnection()), 10), c.GetName()}
	with := func(label string) []string { return []string{labels[0], labels[1], label} }
	s.flag(connectionUp, c.GetState() == "streaming", labels...)
	s.put(connectionState, 1, with(c.GetState())...)
	s.count(connectionUpdates, c.GetUpdates(), labels...)
	s.count(connectionBytes, c.GetBytes(), labels...)
	s.count(connectionOpens, c.GetOpens(), labels...)
	s.count(connectionSlot, c.GetSlot(), labels...)
	s.count(connectionFilters, uint64(c.GetFilters()), labels...)
	s.count(connectionAlarms, uint64(len(c.GetAlarms())), labels...)
	s.count(budgetUsed, uint64(c.GetOpensUsed()), labels...)
	s.count(budgetLimit, uint64(c.GetOpensLimit()), labels...)
	s.flag(breakerOpen, c.GetBreaker() != "closed", labels...)
	s.known(connectionTPS, c.Tps, labels...)
	s.known(connectionParsed, c.ParseRate, labels...)
	s.known(connectionWon, c.WinRate, labels...)
	if c.LagMicros != nil {
		s.put(connectionLag, float64(c.GetLagMicros())/1e6, labels...)
	}
	for _, group := range c.GetGroups() {
		s.put(connectionGroup, 1, with(group)...)
	}
}

func (s sink) stage(st *adminv1.StageStatus) {
	name := st.GetName()
	s.count(stageIn, st.GetIn(), name)
	s.count(stageOut, st.GetOut(), name)
	for reason, n := range st.GetDropped() {
		s.count(stageDropped, n, name, reason)
	}
	s.histogram(stageLatency, st.GetLatency(), name)
	if name == "order" {
		s.count(orderHeld, st.GetHeld())
		s.count(orderHeldBytes, st.GetHeldBytes())
		s.count(orderOutOfOrder, st.GetOutOfOrder())
	}
}

func (s sink) histogram(f *family, l *adminv1.Latency, labels ...string) {
	buckets := make(map[float64]uint64, len(l.GetBuckets()))
	for _, b := range l.GetBuckets() {
		buckets[float64(b.GetBoundMicros())/1e6] = b.GetCount()
	}
	s.out <- prometheus.MustNewConstHistogram(f.desc, l.GetCount(), float64(l.GetSumMicros())/1e6, buckets, labels...)
}

func (s sink) cache(c *adminv1.CacheStatus) {
	name := c.GetName()
	for result, n := range map[string]uint64{"hit": c.GetHits(), "miss": c.GetMisses(), "absent": c.GetAbsent(), "stale": c.GetStale()} {
		s.count(cacheLookups, n, name, result)
	}
	s.count(cacheDropped, c.GetDropped(), name)
	s.count(cacheBytes, c.GetBytes(), name)
	s.count(cacheLimit, c.GetLimitBytes(), name)
	s.put(cacheTTL, float64(c.GetAbsentTtlMillis())/1e3, name)
	s.histogram(cacheLoad, c.GetLoad(), name)
}

func (s sink) fetch(f *adminv1.FetchStatus) {
	for outcome, n := range map[string]uint64{"found": f.GetFound(), "absent": f.GetAbsent(), "failed": f.GetFailed(), "dropped": f.GetDropped()} {
		s.count(fetchMints, n, outcome)
	}
	s.count(fetchWaiting, f.GetWaiting())
	s.histogram(fetchRequest, f.GetRequest())
	s.flag(fetchTrouble, f.GetLastError() != "")
}

func (s sink) program(p *adminv1.ProgramStatus) {
	s.count(programSeen, p.GetSeen(), p.GetName())
	for strategy, n := range p.GetByStrategy() {
		s.count(programDecoded, n, p.GetName(), strategy)
	}
	for kind, n := range p.GetTrouble() {
		s.count(programTrouble, n, p.GetName(), kind)
	}
}

func (s sink) plugin(p *adminv1.PluginStatus) {
	name := p.GetInstance()
	s.flag(pluginUp, p.GetState() == "live", name, p.GetMonitor())
	s.put(pluginState, 1, name, p.GetState())
	s.count(pluginStarts, p.GetStarts(), name)
	for cause, n := range p.GetCrashes() {
		s.count(pluginCrashes, n, name, cause)
	}
	if p.LagMillis != nil {
		s.put(pluginLate, float64(p.GetLagMillis())/1e3, name)
	}
	if p.CpuMicros != nil {
		s.put(pluginCPU, float64(p.GetCpuMicros())/1e6, name)
	}
	if p.RssBytes != nil {
		s.count(pluginMemory, p.GetRssBytes(), name)
	}
	s.count(pluginThrough, p.GetThrough(), name)
	s.count(pluginLag, p.GetLag(), name)
	s.count(pluginOutputs, p.GetOutputs(), name)
	s.count(pluginSuppressed, p.GetSuppressed(), name)
	s.count(pluginCheckpoint, p.GetCheckpoint(), name)
	s.count(pluginGaps, p.GetJournalGaps(), name)
	s.count(pluginLost, p.GetJournalGapRecords(), name)
	if p.GetCheckpointUnix() == 0 {
		return
	}
	s.put(checkpointTime, float64(p.GetCheckpointUnix()), name)
	s.count(checkpointBytes, p.GetCheckpointBytes(), name)
	s.count(checkpointWrote, p.GetCheckpointWrittenBytes(), name)
	s.put(checkpointTook, float64(p.GetCheckpointTookMicros())/1e6, name)
	s.put(checkpointStood, float64(p.GetCheckpointStoodMicros())/1e6, name)
}
