package profile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Every text of the facts on Yellowstone, 1.1, 1.3, 1.5, 1.6, of Richat and of the providers: what it teaches, or that it teaches nothing.
func TestEveryTextTeachesWhatItSays(t *testing.T) {
	const key = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
	const filter = "failed to create filter: "
	nothing := func(*Profile) {}
	for _, c := range []struct {
		code codes.Code
		text string
		want func(*Profile)
	}{
		// 1.1: opening.
		{codes.ResourceExhausted, "max subscription limit exceeded", func(p *Profile) { p.Streams = 3 }},
		{codes.ResourceExhausted, "rate limit exceeded", func(p *Profile) { p.Opens, p.Window = 60, time.Minute }},
		// 1.3: filters.
		{codes.InvalidArgument, filter + "Max amount of filters/data_slices reached, only 1 allowed", func(p *Profile) { p.FiltersPerKind = 1 }},
		{codes.InvalidArgument, filter + "Max amount of filters/data_slices reached, only 0 allowed", nothing},
		{codes.InvalidArgument, filter + "Max amount of Pubkeys reached, only 10 allowed", func(p *Profile) { p.KeysPerFilter = 10 }},
		{codes.InvalidArgument, filter + "Subscribe on full stream with `any` is not allowed, at least one filter required", func(p *Profile) { p.EveryTransaction = No }},
		{codes.InvalidArgument, filter + "Pubkey " + key + " in filters is not allowed", func(p *Profile) { p.RefusedKeys = []string{key} }},
		{codes.InvalidArgument, filter + "oversized filter name (max allowed size 32), found 40", func(p *Profile) { p.NameBytes = 32 }},
		{codes.InvalidArgument, filter + "`include_accounts` is not allowed", nothing},
		{codes.InvalidArgument, filter + "Too many filters provided; max 4", nothing},
		{codes.InvalidArgument, filter + "failed to create CommitmentLevel from 7", nothing},
		{codes.InvalidArgument, filter + "invalid token_accounts mode value 5; expected ALL (0) or BALANCE_CHANGED (1)", nothing},
		{codes.InvalidArgument, "failed to create deshred filter: x", nothing},
		// 1.5: replay.
		{codes.Internal, "from_slot is not supported", func(p *Profile) { p.Replay = No }},
		{codes.OutOfRange, "broadcast from 12 is not available, last available: 850", func(p *Profile) { p.Replay, p.Dialect, p.ReplaySlots = Yes, Yellowstone, 150 }},
		{codes.OutOfRange, "broadcast from 12 is not available, last available: 18446744073709551615", func(p *Profile) { p.Replay, p.Dialect = Yes, Yellowstone }},
		{codes.Internal, "replay from 12 is not available", func(p *Profile) { p.Replay, p.Dialect = Yes, Yellowstone }},
		{codes.Internal, "failed to get replay response", func(p *Profile) { p.Replay, p.Dialect = Yes, Yellowstone }},
		{codes.Internal, "failed to send from_slot request", nothing},
		{codes.InvalidArgument, "failed to get replay position for slot 7", func(p *Profile) { p.Replay, p.Dialect = Yes, Richat }},
		{codes.InvalidArgument, "replay `from_slot` available only for `processed` commitment", func(p *Profile) {
			p.Replay, p.Dialect, p.ReplayProcessedOnly = Yes, Richat, true
		}},
		{codes.InvalidArgument, "blocks are not possible to replay", func(p *Profile) { p.Replay, p.Dialect = Yes, Richat }},
		{codes.DataLoss, "lagged", nothing},
		{codes.DataLoss, "closed", nothing},
		{codes.Internal, "shutdown", nothing},
		// 1.6: overflow, shutdown, token.
		{codes.Internal, "lagged to send an update", nothing},
		{codes.Internal, "lagged to receive geyser messages", nothing},
		{codes.Internal, "lagged to receive deshred messages", nothing},
		{codes.Unavailable, "server is shutting down try again later", nothing},
		{codes.Unavailable, "server is shutting down", nothing},
		{codes.Internal, "server is shutting down try again later", nothing},
		{codes.Unauthenticated, "No valid auth token", nothing},
		{codes.DataLoss, "Client could not keep up with the stream", nothing},
		// 1.8 and 4: our own limit, and providers.
		{codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)", nothing},
		{codes.ResourceExhausted, "Max subscriptions reached for this token", func(p *Profile) { p.Opens, p.Window = 60, time.Minute }},
		{codes.PermissionDenied, "Maximum connection count reached", func(p *Profile) { p.Streams = 3 }},
	} {
		before := Profile{Name: "p"}
		want := before
		c.want(&want)
		use := Use{Opens: 61, Window: time.Minute, Streams: 3, Head: 1_000}
		got, lesson := before.Learn(fmt.Errorf("open: %w", status.Error(c.code, c.text)), use)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", c.text, got, want)
		}
		if (lesson != "") != !reflect.DeepEqual(want, before) {
			t.Errorf("%q: lesson %q", c.text, lesson)
		}
		if again, lesson := got.Learn(status.Error(c.code, c.text), use); lesson != "" || !reflect.DeepEqual(again, got) {
			t.Errorf("%q teaches twice: %q", c.text, lesson)
		}
	}
}

func TestServersWordBeatsTheProfile(t *testing.T) {
	p, _ := Named("chainstack")
	p, lesson := p.Learn(errors.New("Max amount of Pubkeys reached, only 500 allowed"), Use{})
	if p.KeysPerFilter != 500 || lesson != "500 addresses in a list of a filter are allowed" {
		t.Errorf("%+v, %q", p, lesson)
	}
	p, lesson = p.Learn(errors.New("Pubkey 11111111111111111111111111111111 in filters is not allowed"), Use{})
	if len(p.RefusedKeys) != 2 || !strings.Contains(lesson, "11111111111111111111111111111111 is refused") {
		t.Errorf("%+v, %q", p, lesson)
	}
	if again, _ := Named("chainstack"); len(again.RefusedKeys) != 1 {
		t.Error("what one stream learned is in the profile of all")
	}
}

// What others do with the same token is not a limit.
func TestUsesOfOthersAreNoLesson(t *testing.T) {
	shyft, _ := Named("shyft")
	refused := status.Error(codes.ResourceExhausted, "Max subscriptions reached")
	for _, c := range []struct {
		use   Use
		opens int
	}{
		{Use{}, 100},
		{Use{Opens: 1}, 100},   // somebody else made 100
		{Use{Opens: 40}, 100},  // somebody else made most
		{Use{Opens: 81}, 80},   // refused before what the profile says
		{Use{Opens: 61}, 60},   // as the second project notes
		{Use{Opens: 101}, 100}, // as known
		{Use{Opens: 120}, 100}, // more than known went well by accident
	} {
		if got, _ := shyft.Learn(refused, c.use); got.Opens != c.opens || got.Window != time.Minute {
			t.Errorf("%+v: %d opens within %v, want %d", c.use, got.Opens, got.Window, c.opens)
		}
	}
	capped := status.Error(codes.PermissionDenied, "Maximum connection count reached")
	if got, lesson := shyft.Learn(capped, Use{Streams: 0}); got.Streams != 0 || lesson != "" {
		t.Errorf("no stream of ours is open, and yet %q", lesson)
	}
	if got, lesson := shyft.Learn(nil, Use{}); lesson != "" || got.Name != "shyft" {
		t.Errorf("no error teaches %q", lesson)
	}
}
