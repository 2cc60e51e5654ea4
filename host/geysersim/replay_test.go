package geysersim_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// from is a request for transactions and block metas that replays.
func from(slot uint64, level geyserpb.CommitmentLevel) *geyserpb.SubscribeRequest {
	r := transactions(map[string]*txFilter{"t": {AccountInclude: []string{keyText(21)}}})
	r.BlocksMeta = map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"m": {}}
	r.FromSlot, r.Commitment = &slot, &level
	return r
}

func TestReplayErrorsHaveTheCodesOfRealServers(t *testing.T) {
	for name, tc := range map[string]struct {
		slots int // played before
		store int
		from  uint64
		level geyserpb.CommitmentLevel
		code  codes.Code
		text  string
	}{
		"disabled":               {9, -1, 1003, 0, codes.Internal, "from_slot is not supported"},
		"too old":                {9, 5, 1002, 0, codes.OutOfRange, "broadcast from 1002 is not available, last available: 1004"},
		"newer than the newest":  {9, 5, 1009, 0, codes.Internal, "failed to get replay response"},
		"newer at that level":    {9, 5, 1008, 1, codes.Internal, "failed to get replay response"},
		"nothing yet":            {0, 5, 1000, 0, codes.Internal, "failed to get replay response"},
		"nothing finalized":      {9, 5, 1005, 2, codes.Internal, "failed to get replay response"},
		"oldest is there":        {9, 5, 1004, 0, codes.OK, ""},
		"newest is there":        {9, 5, 1007, 1, codes.OK, ""},
		"before the world began": {9, 50, 3, 0, codes.OK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, client := serve(t, geysersim.Options{Source: world(20), ReplaySlots: tc.store, StartAtOnce: tc.slots > 0})
				time.Sleep(time.Duration(tc.slots)*400*time.Millisecond + time.Millisecond)
				_, err := lines(t, open(t, client, from(tc.from, tc.level)), 1)
				if status.Code(err) != tc.code || status.Convert(err).Message() != tc.text {
					t.Errorf("error %v, want %v %q", err, tc.code, tc.text)
				}
			})
		})
	}
}

// Replay gives sealed slots in order with all their known statuses, and the stream goes on live without a hole.
func TestReplayGoesOverIntoTheLiveStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(6), StartAtOnce: true, FinalizeAfter: 3})
		time.Sleep(1601 * time.Millisecond) // processed to 1003, confirmed to 1002, finalized to 1000
		r := from(1001, confirmed)
		r.Slots = map[string]*geyserpb.SubscribeRequestFilterSlots{"s": {}}
		got, err := lines(t, open(t, client, r), 20)
		if err != nil {
			t.Fatal(err)
		}
		slot := func(n int, more ...string) []string {
			return append([]string{fmt.Sprintf("tx %d/0[t]", n), fmt.Sprintf("tx %d/4[t]", n), fmt.Sprintf("meta %d[m]", n)}, more...)
		}
		want := slices.Concat(
			slot(1001, "SLOT_PROCESSED 1001[s]", "SLOT_CONFIRMED 1001[s]"), slot(1002, "SLOT_PROCESSED 1002[s]", "SLOT_CONFIRMED 1002[s]"),
			[]string{"SLOT_PROCESSED 1004[s]"}, slot(1003, "SLOT_CONFIRMED 1003[s]", "SLOT_FINALIZED 1001[s]"),
			[]string{"SLOT_PROCESSED 1005[s]"}, slot(1004),
		)
		expect(t, got, want)
	})
}

// At processed, what the slot in progress sent before the stream opened comes neither by replay nor live: the hole of real servers.
func TestProcessedReplayHasAHoleWhereTheSlotWasInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(3), StartAtOnce: true})
		time.Sleep(510 * time.Millisecond) // in slot 1001, after its transaction 2
		r := transactions(map[string]*txFilter{"t": {}})
		r.FromSlot = new(uint64(1000))
		got, err := lines(t, open(t, client, r), 8+5+1)
		if err != nil {
			t.Fatal(err)
		}
		want := slotLines(1000)[:8]
		want = append(append(want, slotLines(1001)[3:8]...), "tx 1002/0[t]")
		expect(t, got, want)
	})
}

// A second request with from_slot on the same stream heals that hole once the slot is sealed.
func TestFromSlotIsHonouredOnAnOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(3)})
		stream := open(t, client, from(1000, geyserpb.CommitmentLevel_PROCESSED))
		_, err := lines(t, stream, 1)
		if status.Code(err) != codes.Internal {
			t.Fatalf("nothing was played yet: %v", err)
		}
		time.Sleep(401 * time.Millisecond) // that request began the play
		stream = open(t, client, from(1000, geyserpb.CommitmentLevel_PROCESSED))
		got, err := lines(t, stream, 4)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(390 * time.Millisecond)
		send(t, stream, from(1000, geyserpb.CommitmentLevel_PROCESSED))
		more, err := lines(t, stream, 9)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, append(got, more...), []string{
			"tx 1000/0[t]", "tx 1000/4[t]", "meta 1000[m]", "tx 1001/4[t]", "meta 1001[m]", "tx 1002/0[t]", // 1001/0 was missed
			"tx 1000/0[t]", "tx 1000/4[t]", "meta 1000[m]", "tx 1001/0[t]", "tx 1001/4[t]", "meta 1001[m]", "tx 1002/4[t]",
		})
		if n := server.Served(); n.Opens != 2 || n.Replays != 2 {
			t.Errorf("%+v", n)
		}
	})
}

// The whole point of replay: streams that are cut again and again lose nothing if they resume with the last slot that was complete.
func TestResumeWithoutLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(40)})
		server.DropStreams(geysersim.AfterUpdates(25).Keep(), codes.Internal, "lagged to send an update")
		seen := make(map[string]int)
		request := from(0, confirmed)
		request.FromSlot = nil
		for complete := uint64(0); complete < 1039; {
			ctx, cancel := context.WithCancel(t.Context())
			stream, err := client.Subscribe(ctx)
			if err != nil {
				t.Fatal(err)
			}
			send(t, stream, request)
			for {
				u, err := stream.Recv()
				if err != nil {
					if want := "lagged to send an update"; status.Convert(err).Message() != want {
						t.Fatalf("error %v, want %q", err, want)
					}
					break
				}
				seen[line(u)]++
				if meta := u.GetBlockMeta(); meta != nil {
					complete = meta.GetSlot()
				}
				if complete == 1039 {
					break
				}
			}
			cancel()
			request.FromSlot = new(complete)
		}
		for slot := 1000; slot < 1040; slot++ {
			for _, want := range []string{fmt.Sprintf("tx %d/0[t]", slot), fmt.Sprintf("tx %d/4[t]", slot), fmt.Sprintf("meta %d[m]", slot)} {
				if seen[want] == 0 {
					t.Errorf("%s was lost", want)
				}
			}
		}
		if n := server.Served(); n.Faulted < 4 || n.Open > 1 {
			t.Errorf("streams were to be cut: %+v", n)
		}
	})
}

func TestMirrorServesTheSameChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, client := serve(t, geysersim.Options{Source: world(3), FinalizeAfter: 2})
		second := first.Mirror(geysersim.Options{Tokens: []string{"other"}, EndStreams: true})
		other := connect(t, second)
		a := open(t, client, everything(confirmed))
		b, err := other.Subscribe(withToken(t.Context(), "other"))
		if err != nil {
			t.Fatal(err)
		}
		send(t, b, everything(confirmed))
		fromA, errA := lines(t, a, 39)
		fromB, errB := lines(t, b, 39)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		expect(t, fromB, fromA)
		second.DropStreams(geysersim.Now(), codes.Unavailable, "gone")
		if first.Served().Open != 1 {
			t.Errorf("a fault of the mirror touched the first: %+v", first.Served())
		}
	})
}

func TestSourcesMustAscend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := world(2)
		source.list[1].Slot = 999
		server, client := serve(t, geysersim.Options{Source: source})
		got, err := lines(t, open(t, client, everything(confirmed)), 99)
		if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "slot 999 after slot 1000") {
			t.Errorf("error %v after %v", err, got)
		}
		if ended, err := server.Ended(); !ended || err == nil {
			t.Errorf("ended %v: %v", ended, err)
		}
	})
}
