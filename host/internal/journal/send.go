package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// run sends until the pipe is closed and empty, or cannot go on.
func (p *pipe) run() {
	defer p.end()
	pace := time.NewTimer(time.Hour)
	defer pace.Stop()
	late := time.NewTicker(max(p.cfg.ackTimeout/4, time.Millisecond))
	defer late.Stop()
	for {
		wait, err := p.fill()
		if wait > 0 {
			pace.Reset(wait)
		}
		if err == nil && p.finished() {
			return
		}
		if err == nil {
			err = p.await(pace.C, late.C)
		}
		if err != nil && !p.recover(err) {
			return
		}
	}
}

func (p *pipe) end() {
	p.abort()
	_ = p.sub.Unsubscribe() // fails only on a connection that is gone
	p.fail(ErrClosed)
	close(p.ended)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved.Broadcast()
}

// await waits for the next thing to do and does it.
func (p *pipe) await(pace, late <-chan time.Time) error {
	select {
	case <-p.kick:
	case <-pace:
	case m := <-p.acks:
		return p.ack(m)
	case <-late:
		if len(p.inflight) > 0 && time.Since(p.sent) > p.cfg.ackTimeout {
			return errSilent
		}
	case <-p.ctx.Done():
		return errAborted
	}
	if len(p.inflight) > 0 && p.cfg.node.damage.Load() != nil {
		return errSilent
	}
	return nil
}

var (
	errSilent  = errors.New("the server does not answer")
	errAborted = errors.New("out of time")
)

// fill sends what may be sent now. A parcel that is not full goes at once after a quiet interval and waits out the rest of it
// otherwise: the wait is returned.
func (p *pipe) fill() (time.Duration, error) {
	for len(p.inflight) < p.cfg.window {
		wait := p.cfg.interval - time.Since(p.sent)
		next, ok := p.take(wait <= 0 || p.isClosing())
		if !ok {
			return max(wait, 0), nil
		}
		if err := p.send(next); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (p *pipe) isClosing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing
}

func (p *pipe) finished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closing && len(p.inflight) == 0 && len(p.sealed) == 0 && p.open.count == 0
}

// send puts a parcel in flight, and keeps it there also when that fails.
func (p *pipe) send(next parcel) error {
	expected := p.last
	if n := len(p.inflight); n > 0 {
		expected = p.inflight[n-1].seq
	}
	p.nextID++
	next.id, next.seq = p.nextID, expected+1
	p.sent = time.Now()
	next.sent = p.sent
	p.inflight = append(p.inflight, next)
	if err := p.cfg.node.roomy(); err != nil {
		return err
	}
	return p.cfg.node.nc.PublishMsg(p.message(&next, expected))
}

func (p *pipe) message(next *parcel, expected uint64) *nats.Msg {
	header := p.cfg.header(next)
	header[p.cfg.expect] = []string{strconv.FormatUint(expected, 10)}
	return &nats.Msg{
		Subject: p.cfg.subject, Reply: p.inbox + "." + strconv.FormatUint(next.id, 10), Header: header, Data: next.data,
	}
}

// ack handles an answer. The server answers in order, so anything but the oldest in flight is of an attempt given up.
func (p *pipe) ack(m *nats.Msg) error {
	if len(p.inflight) == 0 {
		return nil
	}
	_, id, _ := strings.Cut(m.Subject[len(p.inbox):], ".")
	if id != strconv.FormatUint(p.inflight[0].id, 10) {
		return nil
	}
	seq, err := readAck(m)
	if err != nil {
		return err
	}
	if p.cfg.window > 1 && seq != p.inflight[0].seq {
		return fmt.Errorf("stored at %d of stream %s instead of %d", seq, p.cfg.stream, p.inflight[0].seq)
	}
	p.settle(1, seq)
	return nil
}

// readAck returns the sequence that an answer to a publish names, or the server's refusal.
func readAck(m *nats.Msg) (uint64, error) {
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return 0, jetstream.ErrNoStreamResponse
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
		Seq   uint64              `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return 0, fmt.Errorf("read the answer to a publish: %w", err)
	}
	if answer.Error != nil {
		return 0, answer.Error
	}
	return answer.Seq, nil
}

// settle drops the first n in flight, which are durable now, the last of them at seq.
func (p *pipe) settle(n int, seq uint64) {
	now := time.Now()
	for i := range p.inflight[:n] {
		p.took.Add(now, now.Sub(p.inflight[i].sent))
		p.cfg.acked(&p.inflight[i])
	}
	p.mu.Lock()
	for i := range p.inflight[:n] {
		p.held -= int64(len(p.inflight[i].data))
		p.done += p.inflight[i].appends
		p.inflight[i] = parcel{}
	}
	p.moved.Broadcast()
	p.mu.Unlock()
	p.inflight = p.inflight[n:]
	if len(p.inflight) == 0 {
		p.inflight = nil
	}
	p.last = seq
	p.lastSequence.Store(seq)
}

// close lets the pipe run empty and waits for it, at most until ctx ends.
func (p *pipe) close(ctx context.Context) error {
	p.mu.Lock()
	p.closing = true
	if p.failed == nil {
		p.failed = ErrClosed
	}
	p.moved.Broadcast()
	p.mu.Unlock()
	p.wake()
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.abort()
		<-p.ended
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == p.added {
		return nil
	}
	return p.notStored(ctx)
}

// notStored says what is not durable and why. The pipe is locked.
func (p *pipe) notStored(ctx context.Context) error {
	err := fmt.Errorf("%d bytes of %s are not stored", p.held, p.cfg.what)
	if p.trouble != "" {
		err = fmt.Errorf("%w: %s", err, p.trouble)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", err, context.Cause(ctx))
	}
	return fmt.Errorf("%w: %w", err, p.failed)
}
