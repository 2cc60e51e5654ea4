package budget

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, c Config) *Budget {
	t.Helper()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	b, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func left(b *Budget) int {
	used, limit, _ := b.Use()
	return limit - used
}

func take(t *testing.T, b *Budget) time.Time {
	t.Helper()
	if err := b.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	return time.Now()
}

func TestTakeAtTheBoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, Config{Opens: 3, Window: time.Minute})
		start := time.Now()
		take(t, b)
		time.Sleep(time.Second)
		take(t, b)
		take(t, b)
		if left := left(b); left != 0 {
			t.Errorf("%d left, want 0", left)
		}
		for i, want := range []time.Duration{60 * time.Second, 61 * time.Second, 61 * time.Second, 120 * time.Second} {
			if got := take(t, b).Sub(start); got != want {
				t.Errorf("open %d at %v, want %v", i+4, got, want)
			}
		}
		time.Sleep(time.Minute - 1) // a nanosecond before the one at 120 s is a minute old
		if left := left(b); left != 2 {
			t.Errorf("%d left after %v, want 2", left, time.Since(start))
		}
		time.Sleep(time.Nanosecond)
		if left := left(b); left != 3 {
			t.Errorf("%d left after %v, want 3", left, time.Since(start))
		}
	})
}

// Whatever the pattern of asking and whenever the process restarts, no window holds more than its opens.
func TestNoWindowHoldsMore(t *testing.T) {
	for seed := range uint64(8) {
		file := filepath.Join(t.TempDir(), "opens")
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			c := Config{Opens: 1 + r.IntN(10), Window: time.Minute, File: file}
			b := open(t, c)
			var at []time.Time
			for range 60 {
				if r.IntN(5) == 0 {
					b = open(t, c)
				}
				time.Sleep(time.Duration(r.ExpFloat64() * float64(5*time.Second)))
				at = append(at, take(t, b))
			}
			for i := c.Opens; i < len(at); i++ {
				if gap := at[i].Sub(at[i-c.Opens]); gap < time.Minute {
					t.Fatalf("seed %d: %d opens within %v", seed, c.Opens+1, gap)
				}
			}
		})
	}
}

func TestManyTakersShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, Config{Opens: 5, Window: time.Minute})
		start := time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { take(t, b) })
		}
		wg.Wait()
		if took := time.Since(start); took != 3*time.Minute {
			t.Errorf("20 opens at 5 a minute took %v, want 3m", took)
		}
	})
}

func TestTakeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, Config{Opens: 1})
		take(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
		time.Sleep(59 * time.Second)
		if left := left(b); left != 1 {
			t.Errorf("%d left, want 1: a cancelled wait is no open", left)
		}
	})
}

func TestRestartCounts(t *testing.T) {
	file := File(t.TempDir(), "s3cret")
	if strings.Contains(file, "s3cret") || file == File(filepath.Dir(file), "other") {
		t.Errorf("file %q", file)
	}
	synctest.Test(t, func(t *testing.T) {
		c := Config{Opens: 2, File: file}
		start := time.Now()
		take(t, open(t, c))
		time.Sleep(10 * time.Second)
		take(t, open(t, c))
		if left := left(open(t, c)); left != 0 {
			t.Errorf("%d left after a restart, want 0", left)
		}
		if got := take(t, open(t, c)).Sub(start); got != time.Minute {
			t.Errorf("third open at %v, want 1m", got)
		}
	})
}

func TestFilesThatAreNotOurs(t *testing.T) {
	for _, c := range []struct {
		name, text string
		left       int
	}{
		{"empty", "", 2},
		{"garbage", "hello\n", 0},
		{"cut off", "17000000000", 0},
		{"negative", "-5\n", 0},
		{"long ago", "5\n6\n7\n", 2},
		{"clock set back", strconv.FormatInt(time.Now().Add(time.Hour).UnixNano(), 10) + "\n", 1},
	} {
		file := filepath.Join(t.TempDir(), "opens")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if left := left(open(t, Config{Opens: 2, File: file})); left != c.left {
			t.Errorf("%s: %d left, want %d", c.name, left, c.left)
		}
	}
}

// The opens of an earlier run are kept by the monotonic clock from the start on: else a wall clock that is set back by an hour, as happens
// shortly after a boot, would have the next open wait for an hour.
func TestOpensOfEarlierRunsAreNotOfTheWallClock(t *testing.T) {
	c := Config{Opens: 2, File: filepath.Join(t.TempDir(), "opens")}
	before := take(t, open(t, c))
	b := open(t, c)
	if len(b.opens) != 1 || !strings.Contains(b.opens[0].String(), " m=") || b.opens[0].Sub(before).Abs() > time.Second {
		t.Errorf("opens %v, want one of %v with a monotonic part", b.opens, before)
	}
}

func TestAnOpenThatCannotBeWrittenIsRefused(t *testing.T) {
	b := open(t, Config{Opens: 2, File: filepath.Join(t.TempDir(), "gone", "opens")})
	if err := b.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "write open counts") {
		t.Errorf("error %v, want one that says what could not be written", err)
	}
	if left := left(b); left != 2 {
		t.Errorf("%d left, want 2", left)
	}
}

// A lowered limit holds from the next open on, with the opens that were made before; it does not fall below half.
func TestLowered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, Config{Opens: 6, Window: time.Minute})
		start := time.Now()
		for range 5 {
			take(t, b)
			time.Sleep(time.Second)
		}
		b.Lower(4)
		b.Lower(5)
		if used, limit, window := b.Use(); used != 5 || limit != 4 || window != time.Minute {
			t.Errorf("%d of %d in %s", used, limit, window)
		}
		// Opens were at 0 to 4 s. The sixth waits for the second to be old, not for the first.
		for i, want := range []time.Duration{61 * time.Second, 62 * time.Second, 63 * time.Second, 64 * time.Second, 121 * time.Second} {
			if got := take(t, b).Sub(start); got != want {
				t.Errorf("open %d at %v, want %v", i+6, got, want)
			}
		}
		b.Lower(0)
		if _, limit, _ := b.Use(); limit != 3 {
			t.Errorf("limit %d, want half of 6", limit)
		}
	})
}
