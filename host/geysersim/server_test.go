package geysersim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

type txFilter = geyserpb.SubscribeRequestFilterTransactions

var confirmed = geyserpb.CommitmentLevel_CONFIRMED

func transactions(filters map[string]*txFilter) *geyserpb.SubscribeRequest {
	return &geyserpb.SubscribeRequest{Transactions: filters}
}

// everything subscribes to all kinds but single accounts.
func everything(level geyserpb.CommitmentLevel) *geyserpb.SubscribeRequest {
	return &geyserpb.SubscribeRequest{
		Transactions: map[string]*txFilter{"t": {}},
		Slots:        map[string]*geyserpb.SubscribeRequestFilterSlots{"s": {}},
		Blocks:       map[string]*geyserpb.SubscribeRequestFilterBlocks{"b": {}},
		BlocksMeta:   map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"m": {}},
		Commitment:   &level,
	}
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func slotLines(slot int) []string {
	var out []string
	for i := range 8 {
		out = append(out, fmt.Sprintf("tx %d/%d[t]", slot, i))
	}
	return append(out, fmt.Sprintf("block %d with 8[b]", slot), fmt.Sprintf("meta %d[m]", slot))
}

func TestHeadersAndPingComeAtOnceThenEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(1)})
		stream := open(t, client, nil)
		if _, err := stream.Header(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for i, want := range []time.Duration{0, 10 * time.Second, 20 * time.Second} {
			u, err := stream.Recv()
			if err != nil || u.GetPing() == nil || len(u.GetFilters()) > 0 || u.GetCreatedAt() == nil {
				t.Fatalf("message %d is %v, want a ping: %v", i, u, err)
			}
			if at := time.Since(start); at != want {
				t.Errorf("ping %d after %v, want %v", i, at, want)
			}
		}
	})
}

func TestPingRequestsArePonged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(2)})
		stream := open(t, client, nil)
		// The rest of a ping request is checked but not applied.
		ping := everything(confirmed)
		ping.Ping = &geyserpb.SubscribeRequestPing{Id: 7}
		send(t, stream, ping)
		got, err := lines(t, stream, 1)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, []string{"pong 7"})
		time.Sleep(5 * time.Second)
		if n := server.Served(); n.Requests != 0 || n.Slots != 0 || n.Pongs != 1 {
			t.Errorf("the ping request subscribed: %+v", n)
		}
		ping.Commitment = new(geyserpb.CommitmentLevel(9))
		send(t, stream, ping)
		_, err = lines(t, stream, 1)
		if want := "failed to create filter: failed to create CommitmentLevel from 9"; status.Code(err) != codes.InvalidArgument ||
			status.Convert(err).Message() != want {
			t.Errorf("error %v, want %q", err, want)
		}
	})
}

func TestTokenIsAskedOfEveryMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(1), Tokens: []string{"right"}})
		for _, ctx := range []context.Context{t.Context(), withToken(t.Context(), "wrong")} {
			stream, err := client.Subscribe(ctx)
			if err == nil {
				_, err = stream.Recv()
			}
			_, unary := client.GetVersion(ctx, &geyserpb.GetVersionRequest{})
			for _, err := range []error{err, unary} {
				if status.Code(err) != codes.Unauthenticated || status.Convert(err).Message() != "No valid auth token" {
					t.Errorf("error %v", err)
				}
			}
		}
		if _, err := client.Ping(withToken(t.Context(), "right"), &geyserpb.PingRequest{}); err != nil {
			t.Error(err)
		}
		if server.Opens("wrong") != 1 || server.Opens("") != 1 || server.Served().Refused != 2 {
			t.Errorf("refused opens are not counted: %+v", server.Served())
		}
	})
}

// At processed, transactions come one by one as the slot executes, and the rest when it is sealed.
func TestProcessedComesAsItHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(1)})
		stream := open(t, client, everything(geyserpb.CommitmentLevel_PROCESSED))
		start := time.Now()
		var got []string
		for len(got) < 13 {
			u, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if u.GetPing() != nil {
				continue
			}
			at := time.Since(start)
			if tx := u.GetTransaction(); tx != nil {
				if want := time.Duration(tx.GetTransaction().GetIndex()) * 50 * time.Millisecond; at != want {
					t.Errorf("transaction %d after %v, want %v", tx.GetTransaction().GetIndex(), at, want)
				}
			}
			if meta := u.GetBlockMeta(); meta != nil {
				if at != 400*time.Millisecond || meta.GetExecutedTransactionCount() != 8 || meta.GetBlockTime().GetTimestamp() != 1_700_001_000 ||
					meta.GetParentSlot() != 999 || len(meta.GetBlockhash()) < 32 || meta.GetBlockHeight().GetBlockHeight() != 1 {
					t.Errorf("after %v: %v", at, meta)
				}
			}
			got = append(got, line(u))
		}
		want := append(slotLines(1000), "SLOT_PROCESSED 1000[s]", "SLOT_CONFIRMED 1000[s]", "SLOT_FINALIZED 1000[s]")
		expect(t, got, want)
	})
}

// At confirmed nothing of a slot comes before it is confirmed, then all of it in one burst; statuses of all levels come to everybody.
func TestConfirmedComesInBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(3), ConfirmAfter: 1, FinalizeAfter: 2})
		stream := open(t, client, everything(confirmed))
		got, err := lines(t, stream, 3*10+9)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"SLOT_PROCESSED 1000[s]", "SLOT_PROCESSED 1001[s]"}
		want = append(append(want, slotLines(1000)...), "SLOT_CONFIRMED 1000[s]", "SLOT_PROCESSED 1002[s]")
		want = append(append(want, slotLines(1001)...), "SLOT_CONFIRMED 1001[s]", "SLOT_FINALIZED 1000[s]")
		want = append(append(want, slotLines(1002)...), "SLOT_CONFIRMED 1002[s]", "SLOT_FINALIZED 1001[s]", "SLOT_FINALIZED 1002[s]")
		expect(t, got, want)
	})
}

func TestSlotStatusFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(1), FinalizeAfter: 2})
		stream := open(t, client, &geyserpb.SubscribeRequest{
			Slots: map[string]*geyserpb.SubscribeRequestFilterSlots{
				"all": {InterslotUpdates: new(true)}, "mine": {FilterByCommitment: new(true)}, "plain": {},
			},
			Commitment: &confirmed,
		})
		got, err := lines(t, stream, 6)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, []string{
			"SLOT_FIRST_SHRED_RECEIVED 1000[all]", "SLOT_CREATED_BANK 1000[all]", "SLOT_COMPLETED 1000[all]",
			"SLOT_PROCESSED 1000[all plain]", "SLOT_CONFIRMED 1000[all mine plain]", "SLOT_FINALIZED 1000[all plain]",
		})
	})
}

func TestTransactionFilters(t *testing.T) {
	for name, tc := range map[string]struct {
		filters map[string]*txFilter
		want    string // index and names, of one slot
	}{
		"no criterion":    {map[string]*txFilter{"a": {}}, "0a 1a 2a 3a 4a 5a 6a 7a"},
		"vote":            {map[string]*txFilter{"a": {Vote: new(true)}}, "7a"},
		"no vote":         {map[string]*txFilter{"a": {Vote: new(false)}}, "0a 1a 2a 3a 4a 5a 6a"},
		"failed":          {map[string]*txFilter{"a": {Failed: new(true)}}, "6a"},
		"succeeded":       {map[string]*txFilter{"a": {Failed: new(false), Vote: new(false)}}, "0a 1a 2a 3a 4a 5a"},
		"include static":  {map[string]*txFilter{"a": {AccountInclude: []string{keyText(11)}}}, "1a 3a 5a 7a"},
		"include loaded":  {map[string]*txFilter{"a": {AccountInclude: []string{keyText(21)}}}, "0a 4a"},
		"include is or":   {map[string]*txFilter{"a": {AccountInclude: []string{keyText(21), keyText(11), keyText(99)}}}, "0a 1a 3a 4a 5a 7a"},
		"include many":    {map[string]*txFilter{"a": {AccountInclude: many(21)}}, "0a 4a"},
		"exclude":         {map[string]*txFilter{"a": {AccountExclude: []string{keyText(11), keyText(21)}}}, "2a 6a"},
		"required is and": {map[string]*txFilter{"a": {AccountRequired: []string{keyText(10), keyText(21)}}}, "0a 4a"},
		"fields are and":  {map[string]*txFilter{"a": {AccountInclude: []string{keyText(20)}, AccountExclude: []string{keyText(12)}, Vote: new(false)}}, "1a 3a 5a"},
		"filters are or":  {map[string]*txFilter{"a": {AccountInclude: []string{keyText(21)}}, "b": {Failed: new(true)}, "c": {Vote: new(false)}}, "0ac 1c 2c 3c 4ac 5c 6bc"},
		"nothing fits":    {map[string]*txFilter{"a": {AccountInclude: []string{keyText(99)}}}, ""},
		"signature":       {map[string]*txFilter{"a": {Signature: new(base58Signature(1000, 3))}}, "3a"},
		"more than 64":    {numbered(70), "0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, client := serve(t, geysersim.Options{Source: world(1), EndStreams: true})
				r := transactions(tc.filters)
				stream := open(t, client, r)
				var got []string
				for {
					u, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					tx := u.GetTransaction()
					if tx == nil {
						continue
					}
					if len(u.GetFilters()) == 70 {
						u.Filters = nil
					}
					got = append(got, fmt.Sprint(tx.GetTransaction().GetIndex(), strings.Join(u.GetFilters(), "")))
				}
				if strings.Join(got, " ") != tc.want && name != "more than 64" {
					t.Errorf("got %v, want %s", got, tc.want)
				}
				if name == "more than 64" && strings.Join(got, "") != "01234567" {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

func many(n int) []string {
	out := []string{keyText(n)}
	for i := range 40 {
		out = append(out, keyText(1000+i))
	}
	return out
}

func numbered(n int) map[string]*txFilter {
	out := make(map[string]*txFilter)
	for i := range n {
		out[strconv.Itoa(i)] = &txFilter{}
	}
	return out
}

func TestStatusesBlocksAndMetas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(1), EndStreams: true})
		stream := open(t, client, &geyserpb.SubscribeRequest{
			TransactionsStatus: map[string]*txFilter{"x": {Failed: new(true)}},
			Blocks: map[string]*geyserpb.SubscribeRequestFilterBlocks{
				"1": {}, "2": {IncludeTransactions: new(false)}, "3": {AccountInclude: []string{keyText(11)}},
			},
			BlocksMeta: map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"m": {}, "n": {}},
			Accounts:   map[string]*geyserpb.SubscribeRequestFilterAccounts{"a": {Account: []string{keyText(0)}}},
			Entry:      map[string]*geyserpb.SubscribeRequestFilterEntry{"e": {}},
		})
		got, err := lines(t, stream, 99)
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		expect(t, got, []string{"txstatus 1000/6[x]", "block 1000 with 8[1]", "block 1000 with 0[2]", "block 1000 with 4[3]", "meta 1000[m n]"})
	})
}

// A request replaces all filters of the one before, and none at all is a request too.
func TestRequestsReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, geysersim.Options{Source: world(4)})
		stream := open(t, client, transactions(map[string]*txFilter{"a": {AccountInclude: []string{keyText(21)}}}))
		steps := []*geyserpb.SubscribeRequest{
			transactions(map[string]*txFilter{"b": {Failed: new(true)}}),
			{},
			{BlocksMeta: map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"m": {}}},
		}
		time.Sleep(390 * time.Millisecond) // all transactions of the first slot are out, it is not sealed
		for _, r := range steps {
			send(t, stream, r)
			time.Sleep(400 * time.Millisecond)
		}
		got, err := lines(t, stream, 4)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, []string{"tx 1000/0[a]", "tx 1000/4[a]", "tx 1001/6[b]", "meta 1002[m]"})
	})
}

func TestLimitsHaveTheTextsOfRealServers(t *testing.T) {
	long := strings.Repeat("n", 129)
	for name, tc := range map[string]struct {
		r    *geyserpb.SubscribeRequest
		want string
	}{
		"any":       {transactions(map[string]*txFilter{"a": {}}), "Subscribe on full stream with `any` is not allowed, at least one filter required"},
		"signature": {transactions(map[string]*txFilter{"a": {Signature: new(base58Signature(1, 1))}}), "Subscribe on full stream with `any`"},
		"filters":   {transactions(map[string]*txFilter{"a": {Vote: new(false)}, "b": {Vote: new(false)}, "c": {Vote: new(true)}}), "Max amount of filters/data_slices reached, only 2 allowed"},
		"keys":      {transactions(map[string]*txFilter{"a": {AccountInclude: many(1)}}), "Max amount of Pubkeys reached, only 3 allowed"},
		"name":      {&geyserpb.SubscribeRequest{Slots: map[string]*geyserpb.SubscribeRequestFilterSlots{long: {}}}, "oversized filter name (max allowed size 128), found 129"},
		"key":       {transactions(map[string]*txFilter{"a": {AccountInclude: []string{"x0"}}}), "invalid pubkey"},
		"tokens":    {transactions(map[string]*txFilter{"a": {TokenAccounts: new(geyserpb.TokenAccountExpansionControlFlag(5))}}), "invalid token_accounts mode value 5; expected ALL (0) or BALANCE_CHANGED (1)"},
		"cuckoo":    {transactions(map[string]*txFilter{"a": {CuckooAccountInclude: &geyserpb.CuckooFilter{}}}), "cuckoo filters are not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, client := serve(t, geysersim.Options{
					Source: world(1), Limits: geysersim.Limits{FiltersPerKind: 2, Pubkeys: 3, RefuseAny: true},
				})
				_, err := lines(t, open(t, client, tc.r), 1)
				if status.Code(err) != codes.InvalidArgument || !strings.HasPrefix(status.Convert(err).Message(), "failed to create filter: "+tc.want) {
					t.Errorf("error %v, want %q", err, tc.want)
				}
			})
		})
	}
}

func TestOpensAreCountedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(1), OpensPerWindow: 3, Tokens: []string{"a", "b"}})
		try := func(token string) error {
			ctx, cancel := context.WithCancel(withToken(t.Context(), token))
			defer cancel()
			stream, err := client.Subscribe(ctx)
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}
		for i := range 3 {
			if err := try("a"); err != nil {
				t.Fatalf("open %d: %v", i, err)
			}
			time.Sleep(10 * time.Second)
		}
		if err := try("a"); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("the fourth open within a minute: %v", err)
		}
		if err := try("b"); err != nil {
			t.Errorf("another token: %v", err)
		}
		time.Sleep(30 * time.Second) // a minute after the first
		if err := try("a"); err != nil {
			t.Errorf("after the window: %v", err)
		}
		if server.Opens("a") != 5 || server.MostOpens("a", time.Minute) != 4 || server.Opens("b") != 1 {
			t.Errorf("opens: %d, most %d, b %d", server.Opens("a"), server.MostOpens("a", time.Minute), server.Opens("b"))
		}
	})
}

func TestUnaryMethods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(3), FinalizeAfter: 2})
		ctx := t.Context()
		if _, err := client.GetSlot(ctx, &geyserpb.GetSlotRequest{}); status.Code(err) != codes.Internal ||
			status.Convert(err).Message() != "block is not available yet" {
			t.Errorf("before the first block: %v", err)
		}
		if info, err := client.SubscribeReplayInfo(ctx, &geyserpb.SubscribeReplayInfoRequest{}); err != nil || info.GetFirstAvailable() != ^uint64(0) {
			t.Errorf("replay info before the first block: %v %v", info, err)
		}
		open(t, client, everything(confirmed))
		time.Sleep(1201 * time.Millisecond) // three slots: processed to 1002, confirmed to 1001, finalized to 1000
		for level, want := range map[geyserpb.CommitmentLevel]uint64{0: 1002, 1: 1001, 2: 1000} {
			got, err := client.GetSlot(ctx, &geyserpb.GetSlotRequest{Commitment: &level})
			if err != nil || got.GetSlot() != want {
				t.Errorf("slot at %v: %v %v, want %d", level, got, err, want)
			}
		}
		height, err := client.GetBlockHeight(ctx, &geyserpb.GetBlockHeightRequest{})
		if err != nil || height.GetBlockHeight() != 3 {
			t.Errorf("height %v %v", height, err)
		}
		hash, err := client.GetLatestBlockhash(ctx, &geyserpb.GetLatestBlockhashRequest{})
		if err != nil || hash.GetSlot() != 1002 || hash.GetLastValidBlockHeight() != 303 {
			t.Errorf("blockhash %v %v", hash, err)
		}
		for text, want := range map[string]bool{hash.GetBlockhash(): true, "other": false} {
			valid, err := client.IsBlockhashValid(ctx, &geyserpb.IsBlockhashValidRequest{Blockhash: text})
			if err != nil || valid.GetValid() != want {
				t.Errorf("valid %v %v, want %v", valid, err, want)
			}
		}
		if _, err := client.GetSlot(ctx, &geyserpb.GetSlotRequest{Commitment: new(geyserpb.CommitmentLevel(7))}); status.Code(err) != codes.Unknown {
			t.Errorf("commitment 7: %v", err)
		}
		pong, err := client.Ping(ctx, &geyserpb.PingRequest{Count: 4})
		if err != nil || pong.GetCount() != 4 {
			t.Errorf("pong %v %v", pong, err)
		}
		v, err := client.GetVersion(ctx, &geyserpb.GetVersionRequest{})
		if err != nil || !strings.Contains(v.GetVersion(), `"proto":"12.6.0"`) {
			t.Errorf("version %v %v", v, err)
		}
		info, err := client.SubscribeReplayInfo(ctx, &geyserpb.SubscribeReplayInfoRequest{})
		if err != nil || info.GetFirstAvailable() != 1000 {
			t.Errorf("replay info %v %v", info, err)
		}
		deshred, err := client.SubscribeDeshred(ctx)
		if err == nil {
			_, err = deshred.Recv()
		}
		if status.Code(err) != codes.Unimplemented {
			t.Errorf("deshred: %v", err)
		}
		if n := server.Served().Opens; n != 1 {
			t.Errorf("%d opens, unary calls and deshred must not count", n)
		}
	})
}

func TestHealthIsServed(t *testing.T) {
	server := geysersim.New(geysersim.Options{Source: world(1)})
	defer server.Close()
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, server.Addr())
	got, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "geyser.Geyser"})
	if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("health %v: %v", got, err)
	}
}

// What a slot that dies sent at processed is not taken back; it is not confirmed and comes again in the slot after it.
func TestDeadSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := world(2)
		source.list[1].Slot = 1002
		_, client := serve(t, geysersim.Options{Source: source, DeadSlots: true, EndStreams: true, ConfirmAfter: -1, FinalizeAfter: -1})
		r := transactions(map[string]*txFilter{"t": {AccountInclude: []string{keyText(11)}}})
		r.Slots = map[string]*geyserpb.SubscribeRequestFilterSlots{"s": {InterslotUpdates: new(true), FilterByCommitment: new(true)}}
		got, err := lines(t, open(t, client, r), 99)
		if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		born := func(slot int) []string {
			return []string{fmt.Sprintf("SLOT_FIRST_SHRED_RECEIVED %d[s]", slot), fmt.Sprintf("SLOT_CREATED_BANK %d[s]", slot)}
		}
		lived := func(slot int) []string {
			out := born(slot)
			for i := 1; i < 8; i += 2 {
				out = append(out, fmt.Sprintf("tx %d/%d[t]", slot, i))
			}
			return append(out, fmt.Sprintf("SLOT_COMPLETED %d[s]", slot), fmt.Sprintf("SLOT_PROCESSED %d[s]", slot))
		}
		expect(t, got, slices.Concat(lived(1000), born(1001), []string{"tx 1001/1[t]", "tx 1001/3[t]", "SLOT_DEAD 1001[s]"}, lived(1002)))
	})
}
