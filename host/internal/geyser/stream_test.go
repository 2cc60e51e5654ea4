package geyser_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func ping() *geyserpb.SubscribeUpdate {
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Ping{Ping: &geyserpb.SubscribeUpdatePing{}}}
}

func slotUpdate(slot uint64) *geyserpb.SubscribeUpdate {
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Slot{Slot: &geyserpb.SubscribeUpdateSlot{Slot: slot, Status: geyserpb.SlotStatus_SLOT_CONFIRMED}}}
}

func open(t *testing.T, e geyser.Endpoint) *geyser.Stream {
	t.Helper()
	s, err := geyser.Open(t.Context(), e, geyser.Subscription{Programs: []string{"p"}}.Request())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestStreamKeepsTheBytes(t *testing.T) {
	sent := []*geyserpb.SubscribeUpdate{trade(1), slotUpdate(77), trade(2)}
	large := trade(3) // far beyond one HTTP/2 frame, and beyond the pool of grpc
	large.GetTransaction().GetTransaction().GetMeta().LogMessages = []string{strings.Repeat("x", 100<<10)}
	middle := trade(4)
	middle.GetTransaction().GetTransaction().GetMeta().LogMessages = []string{strings.Repeat("y", 20<<10)}
	sent = append(sent, large, middle)
	for _, zstd := range []bool{false, true} {
		var offered string
		e := serve(t, func(s subscription) error {
			md, _ := metadata.FromIncomingContext(s.Context())
			offered = strings.Join(md.Get("grpc-accept-encoding"), ",")
			if names, err := grpc.ClientSupportedCompressors(s.Context()); err == nil && len(names) == 1 && names[0] == "zstd" {
				if err := grpc.SetSendCompressor(s.Context(), "zstd"); err != nil {
					return err
				}
			}
			for _, u := range sent {
				if err := s.Send(u); err != nil {
					return err
				}
			}
			<-s.Context().Done()
			return nil
		})
		e.Zstd = zstd
		s := open(t, e)
		var got []*geyser.Update
		for range sent {
			u, err := s.Recv()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, u)
		}
		for i, u := range got {
			m := &geyserpb.SubscribeUpdate{}
			if err := proto.Unmarshal(u.Raw(), m); err != nil || !proto.Equal(m, sent[i]) {
				t.Errorf("zstd %v: update %d is not what was sent (%v)", zstd, i, err)
			}
			if u.Endpoint() != "test" || time.Since(time.Unix(0, u.Received())) > time.Minute || u.Size() != len(u.Raw()) {
				t.Errorf("update %d: endpoint %q, received %d, size %d", i, u.Endpoint(), u.Received(), u.Size())
			}
			u.Detach()
			if m2 := (&geyserpb.SubscribeUpdate{}); proto.Unmarshal(u.Raw(), m2) != nil || !proto.Equal(m2, sent[i]) {
				t.Errorf("update %d is another one after Detach", i)
			}
			u.Release()
		}
		if want := map[bool]string{false: "x-none", true: "zstd"}[zstd]; offered != want {
			t.Errorf("zstd %v: client offered %q, want %q", zstd, offered, want)
		}
		s.Close()
	}
}

func TestUpdateTellsKindSlotAndStamp(t *testing.T) {
	meta := &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{BlockMeta: &geyserpb.SubscribeUpdateBlockMeta{Slot: 5}}}
	account := &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Account{Account: &geyserpb.SubscribeUpdateAccount{Account: &geyserpb.SubscribeUpdateAccountInfo{Lamports: 3}, Slot: 6}}}
	for _, c := range []struct {
		update *geyserpb.SubscribeUpdate
		kind   geyser.Kind
		slot   uint64
	}{
		{trade(1), geyser.KindTransaction, 401_234_567},
		{slotUpdate(77), geyser.KindSlot, 77},
		{meta, geyser.KindBlockMeta, 5},
		{account, geyser.KindOther, 6},
		{ping(), geyser.KindPing, 0},
		{&geyserpb.SubscribeUpdate{}, geyser.KindUnknown, 0},
	} {
		u := geyser.NewUpdate("x", encode(t, c.update), time.Unix(3, 4))
		if u.Kind() != c.kind || u.Slot() != c.slot || u.Received() != 3e9+4 {
			t.Errorf("%v: kind %v, slot %d, received %d", c.update, u.Kind(), u.Slot(), u.Received())
		}
		u.Release()
	}
	if u := geyser.NewUpdate("x", encode(t, trade(1))[:900], time.Now()); u.Kind() != geyser.KindUnknown {
		t.Errorf("damaged bytes: kind %v, want unknown", u.Kind())
	}
}

func TestStreamSendsTokenAndRequest(t *testing.T) {
	requests, tokens := make(chan *geyserpb.SubscribeRequest, 1), make(chan []string, 1)
	e := serve(t, func(s subscription) error {
		r, err := s.Recv()
		md, _ := metadata.FromIncomingContext(s.Context())
		requests <- r
		tokens <- md.Get("x-token")
		return err
	})
	e.Token = "s3cret"
	s, err := geyser.Open(t.Context(), e, geyser.Subscription{
		Programs: []string{"b", "a"}, Commitment: geyserpb.CommitmentLevel_CONFIRMED, FromSlot: 12,
	}.Request())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := &geyserpb.SubscribeRequest{
		Transactions: map[string]*geyserpb.SubscribeRequestFilterTransactions{"weir": {Vote: new(false), Failed: new(false), AccountInclude: []string{"a", "b"}}},
		Slots:        map[string]*geyserpb.SubscribeRequestFilterSlots{"weir": {FilterByCommitment: new(true)}},
		BlocksMeta:   map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"weir": {}},
		Commitment:   geyserpb.CommitmentLevel_CONFIRMED.Enum(), FromSlot: new(uint64(12)),
	}
	if got := <-requests; !proto.Equal(got, want) {
		t.Errorf("request %v\nwant    %v", got, want)
	}
	if got := <-tokens; len(got) != 1 || got[0] != "s3cret" {
		t.Errorf("x-token %q", got)
	}
	if text := e.String() + e.LogValue().String(); strings.Contains(text, "s3cret") {
		t.Errorf("the token is in %q", text)
	}
	failed := geyser.Subscription{Failed: true}.Request()
	if failed.GetTransactions()["weir"].Failed != nil || failed.FromSlot != nil {
		t.Errorf("request with failed ones, live: %v", failed)
	}
}

// The server pings every 10 s; each ping is answered at once, and every 30 s comes one more. Pings do not reach the caller.
func TestStreamAnswersPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers []time.Duration
		finished := make(chan struct{})
		e := serve(t, func(s subscription) error {
			start := time.Now()
			go func() {
				defer close(finished)
				for {
					r, err := s.Recv()
					if err != nil {
						return
					}
					if r.GetPing() != nil {
						answers = append(answers, time.Since(start))
					}
				}
			}()
			for range 9 {
				if err := s.Send(ping()); err != nil {
					return err
				}
				time.Sleep(10 * time.Second)
			}
			if err := s.Send(slotUpdate(1)); err != nil {
				return err
			}
			<-s.Context().Done()
			return nil
		})
		s := open(t, e)
		u, err := s.Recv()
		if err != nil || u.Kind() != geyser.KindSlot {
			t.Fatalf("update %v, error %v; want the slot", u, err)
		}
		s.Close()
		<-finished
		if len(answers) < 11 || len(answers) > 12 {
			t.Errorf("%d pings sent at %v, want 9 answers and 2 or 3 of its own", len(answers), answers)
		}
	})
}

func TestStreamDiesOfSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		e := serve(t, func(s subscription) error {
			defer close(gone)
			time.Sleep(25 * time.Second)
			if err := s.Send(ping()); err != nil {
				return err
			}
			<-s.Context().Done()
			return s.Context().Err()
		})
		s := open(t, e)
		start := time.Now()
		_, err := s.Recv()
		if !errors.Is(err, geyser.ErrSilent) {
			t.Errorf("error %v, want ErrSilent", err)
		}
		if took := time.Since(start); took != 65*time.Second {
			t.Errorf("dead after %v, want 40 s after the ping at 25 s", took)
		}
		<-gone // the server sees the cancellation although nobody called Close
	})
}

func TestStreamEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		is    error
		class geyser.Class
	}{
		{"clean end", nil, geyser.ErrEnded, geyser.Retry},
		{"lagged", status.Error(codes.Internal, "lagged to send an update"), nil, geyser.Lagged},
		{"token", status.Error(codes.Unauthenticated, "No valid auth token"), nil, geyser.Refused},
	} {
		e := serve(t, func(s subscription) error {
			if err := s.Send(slotUpdate(1)); err != nil {
				return err
			}
			return c.err
		})
		e.Token = "s3cret"
		s := open(t, e)
		u, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		u.Release()
		_, err = s.Recv()
		var end *geyser.Error
		if !errors.As(err, &end) || end.Class != c.class || (c.is != nil && !errors.Is(err, c.is)) {
			t.Errorf("%s: error %v, want class %v", c.name, err, c.class)
		}
		if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "endpoint test (http://weir.test:1)") {
			t.Errorf("%s: text %q", c.name, err)
		}
		s.Close()
	}
}

func TestStreamRefusesTooLargeMessages(t *testing.T) {
	e := serve(t, func(s subscription) error { return s.Send(trade(1)) })
	e.MaxMessageBytes = 1000
	_, err := open(t, e).Recv()
	var end *geyser.Error
	if !errors.As(err, &end) || end.Class != geyser.Fatal || !strings.Contains(err.Error(), "raise the message limit") {
		t.Errorf("error %v, want a fatal one that names the limit", err)
	}
}

func TestOpenTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe() // a peer that takes the connection and never says a word
		defer there.Close()
		go io.Copy(io.Discard, there)
		e := geyser.Endpoint{URL: "http://weir.test", Dial: func(context.Context, string) (net.Conn, error) { return here, nil }}
		start := time.Now()
		_, err := geyser.Open(t.Context(), e, geyser.Subscription{}.Request())
		if took := time.Since(start); took > 20*time.Second || err == nil {
			t.Errorf("error %v after %v, want one within 20 s", err, took)
		}
	})
}

func TestEndpointCheck(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://grpc.example.net", ""},
		{"http://127.0.0.1:10000/", ""},
		{"http://[::1]", ""},
		{"grpc.example.net:443", "want https://host"},
		{"ftp://x", "want https://host"},
		{"", "want https://host"},
		{"https://host/t0ken", "nothing after the host"},
		{"https://host?api-key=t0ken", "nothing after the host"},
		{"https://user:t0ken@host", "nothing after the host"},
	} {
		err := geyser.Endpoint{URL: c.url}.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "t0ken") {
			t.Errorf("the token is in %q", err)
		}
	}
}
