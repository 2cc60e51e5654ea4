package pool

import (
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/pool/balance"
	"github.com/weir-run/weir/host/internal/pool/quiet"
)

// carried counts what a connection brought of a group, as the pipeline routes it.
type carried struct {
	transactions, bytes         atomic.Uint64
	lastTransactions, lastBytes uint64 // of the last sample
}

// rates of a connection, smoothed over some seconds. Guarded by Pool.mu.
type rates struct {
	tps, bytes           float64
	updates, size, tries uint64 // at the last sample
	failed               uint64
	unparsed             float64
}

// Parsed tells how many updates that came by a connection could be read, and how many could not.
func (p *Pool) Parsed(connection, ok, failed int) {
	c := &p.connections[connection].count
	c.parsed.Add(uint64(ok))
	if failed > 0 {
		c.failed.Add(uint64(failed))
	}
}

// Won tells whether a transaction that came by a connection was its first copy.
func (p *Pool) Won(connection int, won bool) {
	c := &p.connections[connection].count
	if won {
		c.won.Add(1)
	} else {
		c.lost.Add(1)
	}
}

// Routed tells which groups a transaction of some bytes belongs to that came by a connection. It is what balancing goes by.
func (p *Pool) Routed(connection int, groups GroupSet, bytes int) {
	p.routed.Store(true)
	for g := range groups.All() {
		c := &p.carried[connection][g]
		c.transactions.Add(1)
		c.bytes.Add(uint64(bytes))
	}
}

// sample measures all connections and carries out what balancing decides.
func (p *Pool) sample(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := now.Sub(p.measured).Seconds()
	p.measured = now
	if elapsed <= 0 || elapsed > 60 {
		return
	}
	var measured []balance.Connection
	for i, k := range p.connections {
		k.measure(elapsed, now)
		measured = append(measured, p.balanced(i, elapsed))
	}
	p.listen(now)
	if len(p.connections) < 2 {
		return
	}
	p.balancer.Observe(now, measured)
	d, ok := p.balancer.Decide(now)
	if ok && p.mayMove(d) {
		p.log.Info("balancing", "group", p.table.groups[d.Group].Name, "from", d.From, "to", d.To, "reason", d.Reason)
		p.move(d.Group, d.To, d.From)
	}
}

// listen raises an alarm for groups that are served and bring nothing, once the pipeline says what it routes.
func (p *Pool) listen(now time.Time) {
	if !p.routed.Load() {
		return
	}
	var served GroupSet
	for _, k := range p.connections {
		if k.streaming {
			served |= k.sent
		}
	}
	p.watch.Seen(p.heard)
	p.heard = 0
	for _, e := range p.watch.Check(now, served&p.table.active) {
		if e.Raised {
			p.log.Warn(e.String())
		} else {
			p.log.Info(e.String())
		}
	}
}

// quietGroups are the groups by bit as the watch takes them.
func (t *groupTable) quietGroups() (out []quiet.Group) {
	for _, g := range t.groups {
		out = append(out, quiet.Group{Name: g.Name, Priority: g.Priority, Quiet: g.Quiet})
	}
	return out
}

// mayMove keeps groups of high priority alone, and the copies of a group on different sources.
func (p *Pool) mayMove(d balance.Decision) bool {
	homes := p.homes[d.Group]
	if !p.table.active.Has(d.Group) || !homes.has(d.From) || homes.has(d.To) || d.To >= len(p.connections) {
		return false
	}
	high := p.table.high()
	for g, on := range p.homes {
		if on.has(d.To) && high.Has(g) != high.Has(d.Group) {
			return false
		}
	}
	for i, k := range p.connections {
		if i != d.From && homes.has(i) && k.source == p.connections[d.To].source {
			return false
		}
	}
	return true
}

// smooth is the weight of the newest second in the rates.
const smooth = 0.2

func (k *connection) measure(elapsed float64, now time.Time) {
	r, c := &k.rates, &k.count
	updates, size := c.updates.Load(), c.bytes.Load()
	failed := c.failed.Load()
	tries := failed + c.parsed.Load()
	r.tps += smooth * (float64(updates-r.updates)/elapsed - r.tps)
	r.bytes += smooth * (float64(size-r.size)/elapsed - r.bytes)
	r.unparsed = 0
	if tries > r.tries {
		r.unparsed = float64(failed-r.failed) / float64(tries-r.tries)
	}
	r.updates, r.size, r.tries, r.failed = updates, size, tries, failed
	for len(k.ends) > 0 && now.Sub(k.ends[0]) > time.Minute {
		k.ends = k.ends[1:]
	}
}

func (p *Pool) balanced(i int, elapsed float64) balance.Connection {
	k := p.connections[i]
	_, queued := p.queue.size()
	sample := balance.Sample{
		TPS: k.rates.tps, BytesPerSecond: k.rates.bytes, Unparsed: k.rates.unparsed, ErrorsPerMinute: float64(len(k.ends)),
		QueueShare: float64(queued) / float64(p.config.QueueBytes),
	}
	if lag := k.count.lag.Load(); lag != noLag && !k.catchingUp() {
		sample.Lag = max(time.Duration(lag), 0)
	}
	out := balance.Connection{ID: i, Alive: k.streaming, Provider: k.source.Endpoint.Name, Sample: sample, Room: -1}
	for g := range fold.MostGroups {
		c := &p.carried[i][g]
		transactions, bytes := c.transactions.Load(), c.bytes.Load()
		if k.sent.Has(g) && p.homes[g].has(i) {
			out.Groups = append(out.Groups, balance.Load{
				Group: g, Priority: p.table.groups[g].Priority,
				TPS: float64(transactions-c.lastTransactions) / elapsed, BytesPerSecond: float64(bytes-c.lastBytes) / elapsed,
			})
		}
		if transactions > c.lastTransactions && k.sent.Has(g) { // what other groups bring of it does not prove its own filter
			p.heard = p.heard.With(g)
		}
		c.lastTransactions, c.lastBytes = transactions, bytes
	}
	return out
}

// catchingUp tells whether the connection repeats old slots: their stamps say nothing of how late it is.
func (k *connection) catchingUp() bool {
	for g := range k.sent.All() {
		if k.pool.cover.at[k.index]+nearly < k.pool.cover.solid[g] {
			return true
		}
	}
	return k.ask != nil && k.ask.from > 0 && !k.ask.live && !k.ask.done(time.Now())
}
