package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
)

const (
	// endpointLimit and hostLimit bound the 99th percentile of recovery. A provider's stream is given up and opened again within half a
	// second of backoff, or the groups go to another connection within a second; the rest is replay, and three slots of the chain. A
	// host has to open its journal, start its plugins and have them restored on top of that.
	endpointLimit = 2 * time.Second
	hostLimit     = 3 * time.Second
	// chaosSlot is short, so that what is measured is us and not the wait for the next slot.
	chaosSlot = 100 * time.Millisecond
)

// chaos is a host under attack.
type chaos struct {
	t         *testing.T
	dir, data string
	log       *os.File
	play      *script
	endpoints []*flaw
	recovery  *recovery
	host      *process
}

// TestChaos runs the whole chain under random faults and compares all that comes out with the truth. WEIR_CHAOS says how long. The seed
// gives the market, the schedule, whether there are two endpoints or three, with a connection to each, and whether each group is read from
// one of them or from two at once; WEIR_SEED repeats it, WEIR_CHAOS_ENDPOINTS and WEIR_CHAOS_COPIES say otherwise.
func TestChaos(t *testing.T) {
	length := durationOf(t, "WEIR_CHAOS", 20*time.Second)
	seed := seedOf(t)
	n := intOf(t, "WEIR_CHAOS_ENDPOINTS", 2+int(seed%2))
	copies := intOf(t, "WEIR_CHAOS_COPIES", 1+int(seed/2%2))
	plan := schedule(seed, length, n)
	t.Logf("%d endpoints, %d copies of each group, %d faults in %s", n, copies, len(plan), length)
	y := newTally()
	c := newChaos(t, seed, n, y)
	c.configure(copies)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	readers.Go(func() { follow(ctx, c.data, y, c.recovery) })
	readers.Go(func() { watch(ctx, c.data, c.recovery) })
	before := machineLoad()
	c.start()
	began := time.Now()
	for _, s := range plan {
		time.Sleep(time.Until(began.Add(s.at)))
		fmt.Fprintf(c.log, "--- %s %s, playing slot %d\n", time.Now().UTC().Format("15:04:05.000"), s, c.play.playing.Load())
		c.strike(s)
	}
	c.settle(y)
	t.Logf("%d facts in %d slots, %d outputs, load before: %s; after: %s", y.facts, c.endpoints[0].server.Served().Slots, y.matched, before, machineLoad())
	y.check(t)
	c.judge(n)
	if code := c.host.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// newChaos makes the endpoints, two or more in front of one chain, and a configuration. Nothing runs yet.
func newChaos(t *testing.T, seed uint64, n int, y *tally) *chaos {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-chaos-") //nolint:usetesting // kept when the test fails
	if err != nil {
		t.Fatal(err)
	}
	c := &chaos{t: t, dir: dir, data: filepath.Join(dir, "data"), recovery: newRecovery()}
	c.play = &script{inner: market.New(market.Options{Seed: seed, TransactionsPerSlot: 40}), tally: y}
	opens := opensFor(n)
	for i := range n {
		options := geysersim.Options{Tokens: []string{tokenOf(i)}, OpensPerWindow: opens}
		f := &flaw{}
		if i == 0 {
			options.Source, options.SlotDuration, options.ReplaySlots = c.play, chaosSlot, 400
			f.server = geysersim.New(options)
		} else {
			f.server = c.endpoints[0].server.Mirror(options)
		}
		if err := f.server.Listen("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		c.endpoints = append(c.endpoints, f)
	}
	if c.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.end)
	return c
}

func tokenOf(i int) string { return "chaos-" + strconv.Itoa(i) }

// configure writes the configuration.
func (c *chaos) configure(copies int) {
	c.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "data_dir: %s\nconnections: %d\ncopies: %d\nendpoints:\n", c.data, max(2, min(3, len(c.endpoints))), min(copies, len(c.endpoints)))
	opens := opensFor(len(c.endpoints))
	for i, f := range c.endpoints {
		fmt.Fprintf(&text, "  - {name: sim%d, url: %q, token: %s, opens_per_window: %d, opens_headroom: %d}\n", i, "http://"+f.server.Addr(), tokenOf(i), opens, opens/5)
	}
	text.WriteString("plugins:\n  - {name: lifecycle, checkpoint_every: 300ms, crash_limit: -1}\n  - {name: trading, checkpoint_every: 400ms, crash_limit: -1}\n  - {name: liquidity, checkpoint_every: 500ms, crash_limit: -1}\n")
	if err := os.WriteFile(filepath.Join(c.dir, "weir.yaml"), []byte(text.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// opensFor is the budget of each token. One endpoint alone gets a fault a second, more than any provider's limit lets through.
func opensFor(n int) int {
	if n == 1 {
		return 400
	}
	return 100
}

// intOf gives the number in a variable of the environment.
func intOf(t *testing.T, name string, standard int) int {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s: %q is not a number above 0", name, text)
	}
	return n
}

func durationOf(t *testing.T, name string, standard time.Duration) time.Duration {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return standard
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

// start starts a host, its log behind that of the one before.
func (c *chaos) start() {
	p := &process{cmd: exec.Command(weir(), "run", "--config", filepath.Join(c.dir, "weir.yaml")), done: make(chan struct{})}
	p.cmd.Stderr = c.log
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is asked where it matters
		close(p.done)
	}()
	c.host = p
}

// end kills what runs and removes the files of a good run.
func (c *chaos) end() {
	if c.host != nil {
		c.host.kill9()
	}
	for _, e := range slices.Backward(c.endpoints) {
		e.server.Close()
	}
	c.log.Close()
	if c.t.Failed() {
		c.t.Logf("log and data are kept in %s", c.dir)
		return
	}
	os.RemoveAll(c.dir)
}

// strike does what an entry of the schedule says and starts its clock.
func (c *chaos) strike(s strike) {
	slot := c.play.playing.Load()
	switch s.class {
	case control:
		c.recovery.begin(string(s.class), slot, 0)
	case hostKill:
		c.kill(slot)
		if s.pick%4 == 0 { // once more, while it starts or resumes
			time.Sleep(s.hold / 2)
			c.kill(c.play.playing.Load())
		}
	case pluginKill, pluginStop:
		pid, ok := c.host.children(c.t)["weir-"+s.plugin]
		if !ok {
			return // it waits for its restart
		}
		c.recovery.begin(string(s.class), slot, 1, s.plugin)
		if s.class == pluginKill {
			killPID(c.t, pid)
		} else {
			c.endpoints[0].wg.Go(func() { pause(pid, s.hold) })
		}
	default:
		c.hitEndpoint(s, slot)
	}
}

func (c *chaos) hitEndpoint(s strike, slot uint64) {
	f := c.endpoints[s.endpoint]
	f.start.CompareAndSwap(0, slot)
	if f.server.Served().Open > 0 {
		c.recovery.begin(string(s.class), slot, 0)
	} else {
		c.recovery.idle++
	}
	f.hit(s)
}

// kill kills the host and starts the next one at once.
func (c *chaos) kill(slot uint64) {
	select {
	case <-c.host.done:
		c.t.Errorf("the host ended by itself: %v; its log is in %s", c.host.cmd.ProcessState, c.dir)
	default:
	}
	c.recovery.killed()
	every := []string{"lifecycle", "trading", "liquidity"}
	c.recovery.begin(string(hostKill), slot, 1, every...)
	c.recovery.begin(hostAll, slot, 3, every...)
	c.host.kill9()
	c.start()
}

// settle ends the faults, then the market, and waits for the rest of the outputs, and a little longer for what should not come.
func (c *chaos) settle(y *tally) {
	time.Sleep(3 * time.Second) // for the last recovery
	for _, f := range c.endpoints {
		f.heal()
	}
	c.play.over.Store(true)
	const patience = 90 * time.Second // a plugin that was killed often waits up to a minute
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if over, _ := c.endpoints[0].server.Ended(); over && y.open() == 0 {
			break
		}
	}
	time.Sleep(time.Second)
}

// judge prints how long recovery took, and fails when that was too long, or opens were too many.
func (c *chaos) judge(n int) {
	c.t.Helper()
	endpoints, host := c.recovery.report(c.t)
	alone := os.Getenv("WEIR_CHAOS") != ""
	if !alone {
		c.t.Log("these times are not judged: the tests of other packages may run beside this one; make chaos judges them")
	}
	if alone && n > 1 && endpoints > endpointLimit { // with one, nothing can be done while it refuses
		c.t.Errorf("99%% of endpoint faults were over within %s, want %s", endpoints.Round(time.Millisecond), endpointLimit)
	}
	if alone && host > hostLimit {
		c.t.Errorf("99%% of kills of the host were over within %s, want %s", host.Round(time.Millisecond), hostLimit)
	}
	opens := opensFor(n)
	for i, f := range c.endpoints {
		most, served := f.server.MostOpens(tokenOf(i), time.Minute), f.server.Served()
		c.t.Logf("sim%d: %d opens, at most %d in 60 s of %d less %d headroom, %d refused, %d streams cut by us, %d replays", i, served.Opens, most, opens, opens/5, served.Refused, served.Faulted, served.Replays)
		if most > opens-opens/5 {
			c.t.Errorf("sim%d counted %d opens in 60 s, the budget is %d", i, most, opens-opens/5)
		}
	}
}

// machineLoad says how busy the machine is: figures of time mean little when others use it.
func machineLoad() string {
	average, _ := os.ReadFile("/proc/loadavg")
	pressure, _ := os.ReadFile("/proc/pressure/cpu")
	first, _, _ := strings.Cut(string(pressure), "\n")
	return strings.TrimSpace(string(average)) + ", waiting for a processor: " + first
}
