package geyser_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// A changed request goes out in the open stream with a ping behind it; its pong comes out of Recv, and no other.
func TestChangeInTheOpenStream(t *testing.T) {
	programs := make(chan []string, 4)
	e := serve(t, func(s subscription) error {
		pong := func(id int32) error {
			return s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Pong{Pong: &geyserpb.SubscribeUpdatePong{Id: id}}})
		}
		if err := pong(7); err != nil { // nobody asked
			return err
		}
		for {
			r, err := s.Recv()
			if err != nil {
				return err
			}
			if r.GetPing() != nil {
				if err := pong(r.GetPing().GetId()); err != nil {
					return err
				}
				continue
			}
			programs <- r.GetTransactions()[geyser.FilterName].GetAccountInclude()
		}
	})
	s := open(t, e)
	<-programs
	for i := range int32(3) {
		if !s.Change(geyser.Subscription{Programs: []string{"q", "r"}}.Request(), 1000+i) {
			t.Fatal("no room for a change")
		}
		if got := <-programs; len(got) != 2 || got[0] != "q" {
			t.Errorf("the server got %v", got)
		}
		u, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if u.Kind() != geyser.KindPong {
			t.Errorf("got a %s, want the pong", u.Kind())
		}
		u.Release()
	}
}
