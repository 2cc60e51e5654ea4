package geysersim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// chain plays a source: it seals blocks, brings them to their levels, keeps the newest for replay and tells every queue. Servers that
// mirror each other share one.
type chain struct {
	o      Options
	cancel context.CancelFunc
	done   chan struct{} // closed when nothing more is played
	begin  chan struct{} // closed when playing may begin
	once   sync.Once
	room   chan struct{} // an unpaced chain looks at the queues again
	truth  *ledger
	encode encoder // of the goroutine that plays
	shift  uint64  // of the goroutine that plays: slots that faults took

	mu       sync.Mutex
	queues   []*queue
	active   int      // queues that subscribed to something
	open     []*block // not finalized yet, oldest first
	store    []*block // for replay, oldest first
	reached  [3]*block
	stored   int  // bytes
	dropped  bool // the store lost its oldest blocks
	produced Produced
	faults   []chainFault // by slot
	err      error        // why the play ended, nil at the end of the source
}

func newChain(o Options) *chain {
	ctx, cancel := context.WithCancel(context.Background())
	c := &chain{
		o: o, cancel: cancel, done: make(chan struct{}), begin: make(chan struct{}), room: make(chan struct{}, 1),
		truth: &ledger{out: o.Truth, keep: o.KeepTruth},
	}
	if o.StartAtOnce {
		c.start()
	}
	go func() {
		if err := c.run(ctx); err != nil && ctx.Err() == nil {
			o.Log.Error("the play ended", slog.Any("err", err))
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
		}
		close(c.done)
		for _, q := range c.everyQueue() {
			signal(q.wake) // streams look at done when they wake
		}
	}()
	return c
}

func (c *chain) start() { c.once.Do(func() { close(c.begin) }) }

// close stops the play and waits for it.
func (c *chain) close() {
	c.cancel()
	<-c.done
}

// ended tells whether all is played, and the error that ended it.
func (c *chain) ended() (bool, error) {
	select {
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return true, c.err
	default:
		return false, nil
	}
}

// run plays the whole source.
func (c *chain) run(ctx context.Context) error {
	if sized, ok := c.o.Source.(Sized); ok && c.o.Rate > 0 {
		sized.SetBlockSize(max(1, int(c.o.Rate*c.o.SlotDuration.Seconds())))
	}
	ctx, stop := context.WithCancel(ctx)
	blocks, failed := prefetch(ctx, c.o.Source)
	defer func() {
		stop()
		for range blocks { // waits for the goroutine
		}
	}()
	select {
	case <-c.begin:
	case <-ctx.Done():
		return ctx.Err()
	}
	p := newPace(&c.o)
	for b := range blocks {
		if err := c.play(ctx, p, b); err != nil {
			return err
		}
	}
	if err := <-failed; !errors.Is(err, io.EOF) {
		return fmt.Errorf("source: %w", err)
	}
	return c.settle(ctx, p)
}

// prefetch reads one block ahead, so that the time a source takes for a block does not stop the clock of the one before. The error
// comes once the blocks are closed; it is io.EOF at the end.
func prefetch(ctx context.Context, source Source) (<-chan *Block, <-chan error) {
	blocks, failed := make(chan *Block), make(chan error, 1)
	go func() {
		defer close(blocks)
		for {
			b, err := source.Next(ctx)
			if err != nil {
				failed <- err
				return
			}
			select {
			case blocks <- b:
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
		}
	}()
	return blocks, failed
}

// play executes one block: its transactions as they come, then its seal, then the levels that older blocks reach by it.
func (c *chain) play(ctx context.Context, p *pace, b *Block) error {
	before := c.newest(geyserpb.CommitmentLevel_PROCESSED)
	if before != nil && b.Slot+c.shift <= before.slot {
		return fmt.Errorf("source: slot %d after slot %d", b.Slot+c.shift, before.slot)
	}
	if c.o.DeadSlots && before != nil && b.Slot+c.shift > before.slot+1 {
		gap := &Block{Slot: b.Slot + c.shift - 1, Transactions: b.Transactions}
		if err := c.die(ctx, p, gap, before); err != nil {
			return err
		}
	}
	b, reset, err := c.suffer(ctx, p, b)
	if err != nil {
		return err
	}
	out := newBlock(b, before)
	if reset {
		if err := c.execute(ctx, p, newBlock(b, before), b.Transactions[:(len(b.Transactions)+1)/2]); err != nil {
			return err
		}
	}
	if err := c.execute(ctx, p, out, b.Transactions); err != nil {
		return err
	}
	c.seal(out, b, p.behind())
	return c.wait(ctx, p)
}

// die plays a slot that does not live: it executes half of its transactions, which then come again in another one.
func (c *chain) die(ctx context.Context, p *pace, b *Block, before *block) error {
	half := b.Transactions[:len(b.Transactions)/2]
	dead := newBlock(&Block{Slot: b.Slot, Transactions: half}, before)
	if err := c.execute(ctx, p, dead, half); err != nil {
		return err
	}
	c.tell(c.statusOf(dead, geyserpb.SlotStatus_SLOT_DEAD))
	return nil
}

// execute plays the transactions of a slot, from its first shred to its end.
func (c *chain) execute(ctx context.Context, p *pace, out *block, transactions []Transaction) error {
	c.tell(c.statusOf(out, geyserpb.SlotStatus_SLOT_FIRST_SHRED_RECEIVED), c.statusOf(out, geyserpb.SlotStatus_SLOT_CREATED_BANK))
	p.slot(len(transactions))
	var waiting []event
	for i := range transactions {
		if p.early() || len(waiting) == together {
			c.tell(waiting...)
			waiting = waiting[:0]
			if err := c.wait(ctx, p); err != nil {
				return err
			}
		}
		now := time.Now()
		c.encode.transaction(&out.transactions[i], out.slot, transactions[i].Info, now)
		waiting = append(waiting, event{to: processedLevel, at: now, tx: &out.transactions[i]})
		p.next()
	}
	c.tell(waiting...)
	return p.end(ctx)
}

// together is how many transactions go to the queues at once when the play is behind its pace.
const together = 64

// wait lets the pace and, when unpaced, the queues hold the play.
func (c *chain) wait(ctx context.Context, p *pace) error {
	if !c.o.Unpaced {
		return p.wait(ctx)
	}
	for c.full() {
		select {
		case <-c.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// full tells whether an unpaced play has to wait: for the slowest queue, or for the first one.
func (c *chain) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active == 0 || slices.ContainsFunc(c.queues, func(q *queue) bool { return q.pending.Load() > highWater })
}

// seal stores a block whose transactions are all executed and advances the levels.
func (c *chain) seal(b *block, source *Block, behind time.Duration) {
	b.seal(time.Now())
	c.truth.write(source)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(b)
	c.produced.Slots++
	c.produced.Behind = behind
	c.produced.Transactions += uint64(len(b.transactions))
	c.push(c.statusOf(b, geyserpb.SlotStatus_SLOT_COMPLETED))
	c.reach(b, geyserpb.CommitmentLevel_PROCESSED)
	c.advance(geyserpb.CommitmentLevel_CONFIRMED, c.o.ConfirmAfter)
	c.advance(geyserpb.CommitmentLevel_FINALIZED, c.o.FinalizeAfter)
}

// settle lets the last blocks reach their levels, a slot at a time, when no more come.
func (c *chain) settle(ctx context.Context, p *pace) error {
	for after := c.o.FinalizeAfter - 1; after >= 0; after-- {
		if !c.o.Unpaced {
			p.slot(0)
			if err := p.end(ctx); err != nil {
				return err
			}
		}
		c.mu.Lock()
		if confirm := c.o.ConfirmAfter - (c.o.FinalizeAfter - after); confirm >= 0 {
			c.advance(geyserpb.CommitmentLevel_CONFIRMED, confirm)
		}
		c.advance(geyserpb.CommitmentLevel_FINALIZED, after)
		c.mu.Unlock()
	}
	return nil
}

// advance brings every block that has that many after it to a level, oldest first. Called with the lock held.
func (c *chain) advance(level geyserpb.CommitmentLevel, after int) {
	for i := range max(0, len(c.open)-after) {
		if c.open[i].level < level {
			c.reach(c.open[i], level)
		}
	}
	if level == geyserpb.CommitmentLevel_FINALIZED {
		c.open = slices.Delete(c.open, 0, max(0, len(c.open)-after))
	}
}

// reach marks a block and tells the streams: content of that level first, then the status, which every level sees. What a stream
// finds in the store and what it is told may overlap, as on real servers; nothing falls in between. Called with the lock held.
func (c *chain) reach(b *block, level geyserpb.CommitmentLevel) {
	b.level = level
	c.reached[level] = b
	content := event{to: levelBit(level), at: time.Now(), block: b, whole: level != geyserpb.CommitmentLevel_PROCESSED}
	c.push(content, c.statusOf(b, geyserpb.SlotStatus(level))) // the first three statuses are the levels
}

func (c *chain) statusOf(b *block, status geyserpb.SlotStatus) event {
	return event{to: everyLevel, at: time.Now(), slot: b.slot, status: status, update: slotStatus(b.slot, b.parent, status)}
}
