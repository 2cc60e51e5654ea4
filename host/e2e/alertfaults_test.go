package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/rpcsim"
	"github.com/weir-run/weir/host/internal/config"
)

// fault is something that goes wrong with a daemon, the rule that tells of it, and how it is caused and mended.
type fault struct {
	name, rule string
	// subject is what the alert is about.
	subject string
	// cause does it and returns once it is done. nil: the fault before has caused this one too.
	cause func(*scene)
	// mend does what an operator would do, or ends the fault. nil: it passes by itself.
	mend func(*scene)
}

// scene is a daemon on which faults happen one after another, most of them while the rules of earlier ones still wait for their time.
type scene struct {
	name string
	// stage serves a chain and writes the configuration.
	stage func(*scene)
	// also are beginnings of what the faults may fire beside their own rules.
	also   []string
	faults []fault

	t          *testing.T
	chain      *chain
	market     *troubled
	file, data string
	p          *process
	heard      []string // at the time asked
	asked      time.Time

	ill    string       // a file by which a plugin is ill
	still  int          // a process that was stopped
	unlock func()       // gives the database free
	group  *memoryGroup // of the daemon
}

// scenes are all there are. Each has a daemon of its own.
var scenes = []scene{liveScene, storeScene, machineScene}

// unshown are rules that no fault of this suite can cause, and why.
var unshown = map[string]string{}

// TestAlertFaults causes real faults: each rule fires once, and resolves when the fault is mended.
func TestAlertFaults(t *testing.T) {
	t.Parallel()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(t)
		})
	}
}

// TestEveryRuleHasARealFault fails for a rule that neither TestAlerts nor TestAlertFaults shows.
func TestEveryRuleHasARealFault(t *testing.T) {
	shown := map[string]string{}
	for _, line := range outageAlerts {
		shown[strings.Fields(line)[0]] = "TestAlerts"
	}
	for _, s := range scenes {
		for _, f := range s.faults {
			if earlier := shown[f.rule]; earlier != "" {
				t.Errorf("%s is shown by %s and by %q", f.rule, earlier, f.name)
			}
			shown[f.rule] = f.name
		}
	}
	rules := config.AlertRules()
	for name := range rules {
		if why := unshown[name]; why != "" {
			t.Logf("%s is not shown by a real fault: %s", name, why)
			continue
		}
		if shown[name] == "" {
			t.Errorf("no fault shows rule %s", name)
		}
	}
	for name, by := range shown {
		if _, ok := rules[name]; !ok {
			t.Errorf("%q shows %s, and there is no such rule", by, name)
		}
	}
}

func (s scene) play(t *testing.T) {
	t.Helper()
	s.t = t
	s.stage(&s)
	s.p = start(t, "run", "--config", s.file)
	eventually(t, 60*time.Second, "the daemon follows the chain", func() bool { return len(readEvents(t, s.data)) > 100 })
	began := time.Now()
	for _, f := range s.faults {
		if f.cause != nil {
			if slices.Contains(alertsOf(t, s.data), f.firing()) {
				t.Errorf("%s was told before: %s", f.rule, f.name)
			}
			t.Logf("%5.1fs %s", time.Since(began).Seconds(), f.name)
			f.cause(&s)
		}
		eventually(t, 60*time.Second, f.firing(), func() bool { return s.told(f.firing()) })
		t.Logf("%5.1fs %s", time.Since(began).Seconds(), f.firing())
		if f.mend != nil {
			f.mend(&s)
		}
	}
	for _, f := range s.faults {
		eventually(t, 240*time.Second, f.resolved(), func() bool { return s.told(f.resolved()) })
		t.Logf("%5.1fs %s", time.Since(began).Seconds(), f.resolved())
	}
	s.compare()
	if code := s.p.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

func (f fault) firing() string   { return strings.TrimSpace(f.rule + " firing " + f.subject) }
func (f fault) resolved() string { return strings.TrimSpace(f.rule + " resolved " + f.subject) }

// told tells whether something was told of, or fires while the journal has no room to say so. It asks no more often than the daemon looks.
func (s *scene) told(line string) bool {
	if time.Since(s.asked) >= 500*time.Millisecond {
		s.heard = slices.Concat(alertsOf(s.t, s.data), alertsOf(s.t, s.data, "--firing"))
		s.asked = time.Now()
	}
	return slices.Contains(s.heard, line)
}

// compare holds all that was told against the table: each rule once, and nothing else.
func (s *scene) compare() {
	s.t.Helper()
	var told, want []string
	for _, line := range alertsOf(s.t, s.data) {
		if !slices.ContainsFunc(s.also, func(begin string) bool { return strings.HasPrefix(line, begin) }) {
			told = append(told, line)
		}
	}
	for _, f := range s.faults {
		want = append(want, f.firing(), f.resolved())
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		s.t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// serve plays a market that goes on for longer than the faults take, at 20 transactions for each 50 ms of a slot.
func (s *scene) serve(o geysersim.Options, history *rpcsim.Node) {
	s.t.Helper()
	const slots = 8000
	transactions := int(20 * o.SlotDuration / (50 * time.Millisecond))
	s.market = &troubled{Market: market.New(market.Options{Seed: seedOf(s.t), TransactionsPerSlot: transactions})}
	s.chain = &chain{slots: slots, left: slots, inner: s.market}
	if o.Source = s.chain; history != nil {
		o.Source = archived{s.chain, history}
	}
	s.chain.server = geysersim.New(o)
	s.chain.listen(s.t, "127.0.0.1:0")
}

// configure writes the configuration: data_dir, and what the text has.
func (s *scene) configure(text string, args ...any) {
	s.t.Helper()
	dir := s.t.TempDir()
	s.file, s.data = filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	if err := os.Mkdir(s.data, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.file, fmt.Appendf(nil, "data_dir: "+s.data+"\n"+text, args...), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
