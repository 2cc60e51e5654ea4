package geyser_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Clients that only half-close, or not even that, stay in the provider's count of connections until their process ends.
func TestCloseEndsTheCallAtTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		e := serve(t, func(s subscription) error {
			if err := s.Send(slotUpdate(1)); err != nil {
				return err
			}
			<-s.Context().Done()
			ended <- s.Context().Err()
			return nil
		})
		s := open(t, e)
		if _, err := s.Recv(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		s.Close()
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
			t.Errorf("the server saw %v after %v", err, time.Since(start))
		}
		s.Close() // twice is safe
	})
}

// A filter written while a replay ran killed the stream of one client: requests went through the goroutine that received.
func TestChangeInTheMiddleOfAReplay(t *testing.T) {
	const updates = 3_000
	changed := make(chan *geyserpb.SubscribeRequest, 1)
	e := serve(t, func(s subscription) error {
		if _, err := s.Recv(); err != nil {
			return err
		}
		go func() {
			for {
				r, err := s.Recv()
				if err != nil {
					return
				}
				if r.Ping == nil {
					changed <- r
				}
			}
		}()
		for i := range updates {
			if err := s.Send(trade(uint64(i))); err != nil {
				return err
			}
		}
		<-changed
		if err := s.Send(slotUpdate(9)); err != nil {
			return err
		}
		<-s.Context().Done()
		return nil
	})
	s := open(t, e)
	for i := range updates + 1 {
		if i == updates/3 && !s.Change(geyser.Subscription{Programs: []string{"q"}}.Request(), -1) {
			t.Error("the change was not taken")
		}
		u, err := s.Recv()
		if err != nil {
			t.Fatalf("after %d updates: %v", i, err)
		}
		if want := map[bool]geyser.Kind{true: geyser.KindSlot, false: geyser.KindTransaction}[i == updates]; u.Kind() != want {
			t.Fatalf("update %d is %v", i, u.Kind())
		}
		u.Release()
	}
}

// The protocol line for several banks a slot adds fields that this one does not know. They must not disturb, or an upgrade of the provider
// stops the host.
func TestFieldsOfTheNextProtocolAreSkipped(t *testing.T) {
	raw := encode(t, trade(1))
	for _, tail := range [][]byte{
		{0xf8, 0x07, 0x2a},             // field 127, a number: a bank id
		{0xfa, 0x07, 0x02, 0xff, 0xff}, // a message
		{0xfd, 0x07, 1, 2, 3, 4},       // four bytes
	} {
		var v geyser.View
		if err := v.Read(append(append([]byte(nil), raw...), tail...)); err != nil || v.Kind != geyser.KindTransaction || len(v.Tx.Keys) == 0 {
			t.Errorf("tail %x: kind %v, %v", tail, v.Kind, err)
		}
	}
}
