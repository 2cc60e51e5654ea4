package internal_test

import "testing"

// pluginTraps holds every trap of go-plugin that was reproduced before the host was written: what goes wrong with its stock client, and the
// tests which show that it does not here. docs/writing-a-plugin.md and docs/operating.md say what that means for authors and operators.
var pluginTraps = []trap{
	{"T1", "a line of JSON on standard error whose fields are no strings panics the host", []string{"e2e.TestTraps", "internal/monitor.TestBadLogLines", "internal/monitor/process.TestLines"}},
	{"T2", "Kill of a frozen plugin never returns", []string{"e2e.TestTraps", "internal/monitor.TestFrozenPluginIsKilled", "internal/monitor.TestStopOfFrozenPlugin"}},
	{"T3", "Ping has no deadline, and a wedged worker looks healthy", []string{"e2e.TestTraps", "internal/monitor/conform.TestWedgedWorker"}},
	{"T4", "a child that holds the pipes hides the plugin's death", []string{"e2e.TestTraps", "internal/monitor/process.TestKillTakesTheGroup"}},
	{"T5", "Kill of a healthy plugin cuts off what it has in hand", []string{"e2e.TestTraps", "internal/monitor.TestFeedsCheckpointsAndGoesOn", "TestDrainAndClose"}},
	{"T6", "plugins outlive a host that is killed", []string{"internal/monitor/process.TestPluginDiesWithItsHost", "internal/monitor.TestHostKilledAtRandom"}},
	{"T7", "a plugin without a host dies of its next log line, and what it logged is lost: none is left to, and what it had not saved comes again", []string{"internal/monitor/process.TestPluginDiesWithItsHost", "internal/monitor.TestHostKilledAtRandom"}},
	{"T8", "sockets of killed plugins stay", []string{"internal/monitor.TestPrepareSocketDir", "internal/monitor/process.TestCrashesLeakNothing"}},
	{"T9", "the hash of one SecureConfig refuses the second start", []string{"internal/monitor/process.TestOneConfigStartsManyTimes"}},
	{"T10", "another file can be put in the place of the one that was hashed", []string{"internal/monitor/process.TestTheHashedFileRuns"}},
	{"T11", "600 KB without a line end on standard output block the plugin for good", []string{"e2e.TestTraps", "internal/monitor/process.TestStdoutFlood"}},
	{"T12", "what a logger writes that is made after Serve vanishes", []string{"e2e.TestTraps", "TestLateLoggerReachesTheHost"}},
	{"T14", "a line of 10 MB is 162 writes", []string{"e2e.TestTraps", "internal/monitor/process.TestLongLineIsCut"}},
	{"T15", "the stack of a panic is noise in the log", []string{"e2e.TestTraps", "internal/monitor/process.TestPanicTextIsBounded"}},
	{"T16", "a plugin can make the host allocate 2 GiB, and a batch of 5 MB kills the plugin", []string{"e2e.TestTraps", "internal/monitor/conform.TestGoodPluginPasses", "wire.TestMessageLimit"}},
	{"T18", "certificates cost 90 ms a start", []string{"internal/monitor/process.TestNoTLS", "TestTLSIsRefused"}},
	{"T19", "a process that got the number of a dead plugin is killed", []string{"internal/monitor/process.TestDeadPluginIsNotSignalled"}},
	{"T21", "each crash leaks three goroutines", []string{"internal/monitor/process.TestCrashesLeakNothing"}},
	{"T23", "a plugin gets the host's environment, tokens among it", []string{"e2e.TestTraps", "internal/monitor/process.TestEnvironment"}},
	{"T26", "a plugin that logs as fast as it can costs the host as much as its records", []string{"e2e.TestTraps", "internal/monitor.TestFloodIsDropped", "internal/monitor/process.TestBucket"}},

	{"fork bomb", "processes and threads without end", []string{"e2e.TestTraps"}},
	{"memory hog", "memory without end", []string{"e2e.TestTraps", "internal/monitor/process.TestLimitsAreHeld"}},
	{"endless loop", "a handler that never returns", []string{"e2e.TestTraps"}},
	{"wrong epoch", "frames of another epoch", []string{"e2e.TestTraps", "internal/monitor.TestBreachesEndTheEpoch"}},
	{"ack beyond sent", "says that it is through what it was not given", []string{"e2e.TestTraps", "internal/monitor.TestBreachesEndTheEpoch"}},
	{"oversized frame", "a frame of more than 8 MiB", []string{"e2e.TestTraps"}},
	{"stranger", "another process answers on its socket", []string{"e2e.TestTraps", "internal/monitor/process.TestStrangersOnTheSocketAreNamed"}},
}

// reproduced are the traps that must be in the list.
var reproduced = []string{"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T14", "T15", "T16", "T18", "T19", "T21", "T23", "T26"}

func TestEveryPluginTrapHasItsTest(t *testing.T) {
	tests := testsBelow(t, "..")
	for name := range testsBelow(t, "../../sdk") { // of the SDK itself, named without a folder
		tests[trimRoot(name)] = true
	}
	seen := map[string]bool{}
	for _, trap := range pluginTraps {
		if seen[trap.where] {
			t.Errorf("%s is there twice", trap.where)
		}
		seen[trap.where] = true
		if len(trap.proof) == 0 {
			t.Errorf("%s (%s): no test", trap.where, trap.what)
		}
		for _, name := range trap.proof {
			if !tests[name] {
				t.Errorf("%s (%s): test %s does not exist", trap.where, trap.what, name)
			}
		}
	}
	for _, name := range reproduced {
		if !seen[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
}

// trimRoot names a test of a module's root folder by its function alone.
func trimRoot(name string) string {
	if len(name) > 2 && name[0] == '.' && name[1] == '.' {
		return name[2:]
	}
	return name
}
