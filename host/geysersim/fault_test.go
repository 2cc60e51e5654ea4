package geysersim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func failing() *geyserpb.SubscribeRequest {
	return transactions(map[string]*txFilter{"t": {Failed: new(true)}}) // one a slot, index 6
}

func TestDropAtASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(5)})
		server.DropStreams(geysersim.AtSlot(1002), codes.DataLoss, "lost")
		got, err := lines(t, open(t, client, failing()), 99)
		if status.Code(err) != codes.DataLoss || status.Convert(err).Message() != "lost" {
			t.Errorf("error %v", err)
		}
		expect(t, got, []string{"tx 1000/6[t]", "tx 1001/6[t]"})
		got, err = lines(t, open(t, client, failing()), 1) // gone after one stream
		if err != nil {
			t.Error(err)
		}
		expect(t, got, []string{"tx 1003/6[t]"})
	})
}

func TestDropNowAndCleanEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(5)})
		one, two := open(t, client, failing()), open(t, client, nil)
		synctest.Wait()
		if n := server.CloseCleanly(geysersim.Now()); n != 2 {
			t.Errorf("%d streams ended, want 2", n)
		}
		for _, stream := range []subscription{one, two} {
			if _, err := lines(t, stream, 1); !errors.Is(err, io.EOF) {
				t.Errorf("error %v, want EOF", err)
			}
		}
		if n := server.Served(); n.Open != 0 || n.Opens != 2 {
			t.Errorf("%+v", n)
		}
	})
}

// Counting begins when the fault is set, for streams that are open by then.
func TestCleanEndAfterUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(9)})
		stream := open(t, client, failing())
		if _, err := lines(t, stream, 2); err != nil {
			t.Fatal(err)
		}
		server.CloseCleanly(geysersim.AfterUpdates(3))
		got, err := lines(t, stream, 99)
		if !errors.Is(err, io.EOF) {
			t.Errorf("error %v, want EOF", err)
		}
		expect(t, got, []string{"tx 1002/6[t]", "tx 1003/6[t]", "tx 1004/6[t]"})
	})
}

func TestSilenceHoldsEverythingBackButLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(3)})
		stream := open(t, client, failing())
		if _, err := lines(t, stream, 1); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		server.Silence(40 * time.Second)
		u, err := stream.Recv()
		if err != nil || time.Since(start) != 40*time.Second {
			t.Errorf("%v after %v: %v", u, time.Since(start), err)
		}
		more, err := lines(t, stream, 1)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, append([]string{line(u)}, more...), []string{"tx 1001/6[t]", "tx 1002/6[t]"})
	})
}

func TestDelayDuplicateOmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(1)})
		server.Delay(3 * time.Second)
		server.DuplicateEvery(3)
		server.OmitEvery(4)
		start := time.Now()
		got, err := lines(t, open(t, client, transactions(map[string]*txFilter{"t": {}})), 8)
		if err != nil || time.Since(start) != 3*time.Second+6*50*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		// each third of 0..7 twice, each fourth not at all
		expect(t, got, []string{"tx 1000/0[t]", "tx 1000/1[t]", "tx 1000/2[t]", "tx 1000/2[t]", "tx 1000/4[t]", "tx 1000/5[t]", "tx 1000/5[t]", "tx 1000/6[t]"})
	})
}

func TestRefuseAndControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(30), StartAtOnce: true, MaxStreams: 1, Dialect: geysersim.Shyft})
		time.Sleep(4 * time.Second)
		first := func(r *geyserpb.SubscribeRequest) codes.Code {
			_, err := lines(t, open(t, client, r), 1)
			return status.Code(err)
		}
		server.Refuse(codes.Unavailable, "server is shutting down")
		got := []codes.Code{first(failing())}
		server.Accept()
		server.ControlOpen(func(open uint64, _ string) error {
			if open == 2 {
				return status.Error(codes.Aborted, "the second")
			}
			return nil
		})
		got = append(got, first(failing()))
		server.ControlReplay(func(from uint64) error { return status.Errorf(codes.Internal, "not from %d", from) })
		got = append(got, first(from(1005, confirmed)))
		server.ClearFaults()
		got = append(got, first(from(1005, confirmed)), first(failing()))
		want := []codes.Code{codes.Unavailable, codes.Aborted, codes.Internal, codes.OK, codes.PermissionDenied}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if n := server.Opens(""); n != 5 {
			t.Errorf("%d opens were counted, want 5", n)
		}
	})
}

// A client that does not read is cut once its queue is full, and finds the reason behind what it had been sent.
func TestSlowClientsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(3000), QueueLimit: 1000, SlotDuration: 10 * time.Millisecond})
		stream := open(t, client, transactions(map[string]*txFilter{"t": {}}))
		time.Sleep(25 * time.Second)
		got, err := lines(t, stream, 1_000_000)
		if status.Code(err) != codes.Internal || status.Convert(err).Message() != "lagged to send an update" {
			t.Errorf("error %v", err)
		}
		if n := server.Served(); n.Lagged != 1 || len(got) == 0 || len(got) > 10_000 {
			t.Errorf("%d updates came: %+v", len(got), n)
		}
	})
}

func TestResetConnections(t *testing.T) {
	server := geysersim.New(geysersim.Options{Source: world(5)})
	defer server.Close()
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	stream := open(t, geyserpb.NewGeyserClient(dial(t, server.Addr())), nil)
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if n := server.ResetConnections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("error %v", err)
	}
}

func TestCloseTellsOpenStreams(t *testing.T) {
	server := geysersim.New(geysersim.Options{Source: world(5)})
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	stream := open(t, geyserpb.NewGeyserClient(dial(t, server.Addr())), nil)
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	_, err := stream.Recv()
	if status.Code(err) != codes.Unavailable || status.Convert(err).Message() != "server is shutting down try again later" {
		t.Errorf("error %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestTruthIsWrittenAsBlocksArePlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		server, client := serve(t, geysersim.Options{Source: world(3), Truth: &text, KeepTruth: true, EndStreams: true})
		if _, err := lines(t, open(t, client, everything(geyserpb.CommitmentLevel_FINALIZED)), 99); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		kept := server.TruthSoFar()
		if len(kept) != 24 {
			t.Fatalf("%d truths, want 24", len(kept))
		}
		d := json.NewDecoder(&text)
		for i := range kept {
			var got geysersim.Truth
			if err := d.Decode(&got); err != nil || got.Signature != kept[i].Signature || got.Slot != uint64(1000+i/8) {
				t.Errorf("line %d is %+v: %v", i, got, err)
			}
		}
		if d.More() {
			t.Error("there are more lines than truths")
		}
		if n := server.Served(); n.Transactions != 24 || n.Updates != 24+9+3+3 {
			t.Errorf("%+v", n)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestTruthThatCannotBeWrittenIsAnErrorOfClose(t *testing.T) {
	server := geysersim.New(geysersim.Options{Source: world(1), Truth: brokenWriter{}, StartAtOnce: true, Unpaced: false, SlotDuration: time.Millisecond})
	for ended := false; !ended; ended, _ = server.Ended() {
		time.Sleep(time.Millisecond)
	}
	if err := server.Close(); err == nil {
		t.Error("no error")
	}
}
