package monitor

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPolicy(t *testing.T) {
	minute := time.Minute
	type crash struct {
		cause Cause
		at    time.Duration // after the one before
		want  State
	}
	for _, c := range []struct {
		name    string
		crashes []crash
	}{
		{"five within the window", []crash{{CauseExit, 0, Backoff}, {CausePanic, minute, Backoff}, {CauseSignal, minute, Backoff}, {CauseExit, minute, Backoff}, {CauseDeadline, minute, Quarantined}}},
		{"five, one of them long ago", []crash{{CauseExit, 0, Backoff}, {CauseExit, 9 * minute, Backoff}, {CauseExit, 0, Backoff}, {CauseExit, 0, Backoff}, {CauseExit, 2 * minute, Backoff}, {CauseExit, 0, Quarantined}}},
		{"a breach at once", []crash{{CauseProtocol, 0, Quarantined}}},
		{"the probe fails", []crash{{CauseProtocol, 0, Quarantined}, {CauseExit, 30 * minute, Quarantined}}},
		{"the journal's fault", []crash{{CauseJournal, 0, Backoff}, {CauseJournal, 0, Backoff}, {CauseJournal, 0, Backoff}, {CauseJournal, 0, Backoff}, {CauseJournal, 0, Backoff}, {CauseJournal, 0, Backoff}}},
		{"three failed starts", []crash{{CauseStart, 0, Backoff}, {CauseStart, 0, Backoff}, {CauseStart, 0, Rejected}}},
		{"not in a row", []crash{{CauseStart, 0, Backoff}, {CauseStart, 0, Backoff}, {CauseExit, 0, Backoff}, {CauseStart, 0, Backoff}}},
		{"refused configuration", []crash{{CauseConfig, 0, ConfigError}}},
		{"state of another version", []crash{{CauseState, 0, Rejected}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{}.withDefaults()
			p := policy{cfg: &cfg}
			now := time.Unix(1_700_000_000, 0)
			for n, crash := range c.crashes {
				now = now.Add(crash.at)
				v := p.after(&Crash{Cause: crash.cause, Detail: "test", At: now})
				if v.state != crash.want {
					t.Fatalf("crash %d (%s): %s; want %s", n+1, crash.cause, v.state, crash.want)
				}
				if tried := v.state == Backoff || v.state == Quarantined; (v.wait > 0) != tried || (v.reason == "") != (v.state == Backoff) {
					t.Errorf("crash %d: wait %s, reason %q in state %s", n+1, v.wait, v.reason, v.state)
				}
			}
			p.trust()
			if v := p.after(&Crash{Cause: CauseExit, At: now}); v.state != Backoff {
				t.Errorf("after trust: %s; want backoff", v.state)
			}
		})
	}
}

func TestWaitEndsByTimeResumeAndContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := New(Config{Instance: "x"}, nil)
		if was, ok := i.Resume(); ok || was != Stopped {
			t.Errorf("resume of a stopped one: %s, %t", was, ok)
		}
		began := time.Now()
		if i.wait(t.Context(), verdict{state: Quarantined, reason: "r", wait: 30 * time.Minute}) || time.Since(began) != 30*time.Minute {
			t.Errorf("ended after %s; want the probe after 30 min", time.Since(began))
		}
		ended := make(chan bool)
		go func() { ended <- i.wait(t.Context(), verdict{state: Rejected, reason: "r"}) }()
		synctest.Wait()
		if s := i.state; s != Rejected || i.reason != "r" || !i.retryAt.IsZero() {
			t.Errorf("%s, %q, %s; want rejected for r without a time", s, i.reason, i.retryAt)
		}
		if was, ok := i.Resume(); !ok || was != Rejected {
			t.Errorf("resume: %s, %t", was, ok)
		}
		if !<-ended {
			t.Error("wait was not ended by resume")
		}
	})
}

func TestSuspects(t *testing.T) {
	var s suspects
	dead := &Crash{Cause: CausePanic}
	if s.judge(dead, span{100, 164}, 0) != 0 || s.oneByOne() != (span{}) {
		t.Fatal("one crash makes no suspicion")
	}
	s.judge(dead, span{130, 200}, 0) // an answer more was read before it died
	if got := s.oneByOne(); got != (span{100, 200}) {
		t.Fatalf("one by one %v; want 100 to 200", got)
	}
	if n := s.judge(dead, span{140, 141}, 141); n != 0 {
		t.Fatalf("%d parked after one crash by itself", n)
	}
	if n := s.judge(&Crash{Cause: CauseJournal}, span{140, 141}, 141); n != 0 {
		t.Fatal("the host's failure counted")
	}
	if n := s.judge(dead, span{140, 141}, 141); n != 141 {
		t.Fatalf("%d parked; want 141", n)
	}
	if s.oneByOne() != (span{}) {
		t.Error("suspicion stays after the record was parked")
	}
	s.judge(dead, span{10, 20}, 0)
	s.judge(dead, span{50, 60}, 0)
	if s.oneByOne() != (span{}) {
		t.Error("crashes at different records made a suspicion")
	}
	now := time.Unix(1_700_000_000, 0)
	for n := range 3 {
		if s.park(now, 2) != (n == 2) {
			t.Errorf("park %d", n)
		}
	}
	if s.park(now.Add(2*time.Hour), 2) {
		t.Error("parked records of hours ago count")
	}
}

// TestPoisonIsParked shows that two records which crash the plugin whenever they come are found, that everything else is handled, that
// they are in the dead letters, and that the next host leaves them out at once.
func TestPoisonIsParked(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 600)
	last := j.Status().Last
	poison := map[string]any{"poison": []uint64{333, 701}}
	r := start(t, On(j), "poisoned", poison, func(c *Config) { c.CrashLimit = 5 })
	s := r.untilThrough(t, last)
	letters, err := r.DeadLetters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	if s.Starts != 9 || s.Parked != 2 || s.State != Live {
		t.Errorf("%d starts, %d parked, %s; want 2 crashes in company and 2 alone for each of 2 records", s.Starts, s.Parked, s.State)
	}
	if len(letters) != 2 || letters[0].Number != 333 || letters[1].Number != 701 || letters[0].Reason != LetterParked || len(letters[0].Record) == 0 {
		t.Fatalf("dead letters are %+v", letters)
	}
	mustContain(t, "letter", letters[0].Detail, "panic: probe was poisoned")
	missing := 0
	events := eventsOf(t, j, "poisoned")
	for _, e := range events {
		if strings.HasPrefix(e, "333/") || strings.HasPrefix(e, "701/") {
			missing++
		}
	}
	calm(t, On(j), last)
	if want := eventsOf(t, j, "calm"); missing != 0 || len(events) < len(want)-4 {
		t.Errorf("%d outputs, %d of parked records; an undisturbed run gave %d", len(events), missing, len(want))
	}

	fresh := start(t, On(j), "poisoned", poison, nil)
	for s = fresh.Status(); s.State == Stopped; s = fresh.Status() {
	}
	if s.Parked != 2 {
		t.Errorf("%d parked when it is %s; want 2 from the beginning", s.Parked, s.State)
	}
	fill(t, j, 600, 620)
	s = fresh.untilThrough(t, j.Status().Last)
	fresh.stop()
	if s.Starts != 1 || s.Crash != nil || s.Parked != 2 {
		t.Errorf("next host: %d starts, crash %v, %d parked", s.Starts, s.Crash, s.Parked)
	}
}

// TestRefusalsAreDeadLetters shows that a record whose handler gave an error is kept with the error.
func TestRefusalsAreDeadLetters(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 50)
	r := start(t, On(j), "data", map[string]any{"at": 5, "do": "data", "mark": t.TempDir() + "/m"}, nil)
	r.untilThrough(t, j.Status().Last)
	var letters []DeadLetter
	r.until(t, "dead letter", func(Status) bool {
		var err error
		if letters, err = r.DeadLetters(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(letters) > 0
	})
	r.stop()
	if len(letters) != 1 || letters[0].Reason != LetterRefused || letters[0].Detail != "probe cannot read this" {
		t.Errorf("dead letters are %+v", letters)
	}
}

// TestCrashLoopIsQuarantinedAndResumed shows the way into quarantine and out of it.
func TestCrashLoopIsQuarantinedAndResumed(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 50)
	r := start(t, On(j), "loop", map[string]any{"poison": []uint64{20}}, func(c *Config) { c.CrashLimit = 3 })
	s := r.until(t, "quarantine", func(s Status) bool { return s.State == Quarantined })
	if s.Starts != 3 || time.Until(s.RetryAt) < 29*time.Minute {
		t.Errorf("%d starts, tried again at %s", s.Starts, s.RetryAt)
	}
	mustContain(t, "reason", s.Reason, "it crashed 3 times within 10m0s, last by panic: ")
	if c := s.Crash; c.Sent <= c.Through || c.Version != "1.2.3" || !slices.ContainsFunc(c.Frames, func(f string) bool { return strings.Contains(f, "-> batch") }) {
		t.Errorf("crash report lacks something: %+v", c)
	}
	if _, ok := r.Resume(); !ok {
		t.Fatal("no resume")
	}
	r.until(t, "second quarantine", func(s Status) bool { return s.State == Quarantined && s.Starts == 6 })
}

func TestTheFirstWaitIsShortAndTheOthersDouble(t *testing.T) {
	limits := []time.Duration{25 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}
	longest := make([]time.Duration, len(limits))
	for range 2000 {
		p := policy{cfg: &Config{BackoffMin: 250 * time.Millisecond, BackoffMax: time.Minute}}
		for i := range limits {
			longest[i] = max(longest[i], p.again().wait)
		}
		p.trust()
	}
	for i, limit := range limits { // of 2,000 random waits the longest is close to the bound
		if longest[i] > limit || longest[i] < limit*9/10 {
			t.Errorf("wait %d took up to %s, want up to %s", i+1, longest[i], limit)
		}
	}
}
