package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// trap is a mistake that the best clients of Yellowstone streams made, or something that went wrong for their users.
type trap struct {
	where string // row of the facts: Y is Yellowstone section 3, P is peers section 2.1
	what  string
	proof []string // tests, as folder.Name below host
}

// traps holds every row of the tables of Y and every letter of P. What does not concern Weir, because it does not ask for such data, is
// proven by the test that it does not ask.
var traps = []trap{
	{"Y default", "reconnecting is off unless asked for", []string{"internal/pool.TestResumesBehindTheFrontier"}},
	{"Y backoff", "three tries in 70 ms, reset by each successful open", []string{"internal/pool.TestBackoffIsResetByProgressOnly", "internal/pool.TestThirtySecondsOfDataAreUseful"}},
	{"Y backoff", "a fixed pause, then an end after 20 min", []string{"internal/pool.TestTokenThatWorkedIsTriedSlowly", "internal/pool.TestBudgetHoldsWhileEveryStreamIsDropped"}},
	{"Y checkpoint", "the last block meta, whatever became of what it completes", []string{"internal/ingest.TestBlockMetaIsNoProofOfTransactions", "internal/pool.TestResumesBehindTheFrontier"}},
	{"Y dedup", "none", []string{"internal/ingest.TestDeduplicates", "internal/ingest.TestEachOnce", "internal/pool.TestNothingLostNothingDoubled"}},
	{"Y dedup", "a window by count, which a burst outruns", []string{"internal/ingest.TestWindowWaitsForTheFrontier"}},
	{"Y too-old slot", "the checkpoint is forgotten and the stream goes on live, without a word", []string{"internal/pool.TestGapIsReportedOnce", "internal/pool.TestWhatIsAskedForAfterARefusal"}},
	{"Y too-old slot", "the same slot is asked for until a cap", []string{"internal/pool.TestWhatIsAskedForAfterARefusal"}},
	{"Y loses", "writes after the first with the same or an empty signature", []string{"internal/geyser/fold.TestNothingIsAskedForThatServersServeDifferently"}},
	{"Y loses", "the second blocks filter", []string{"internal/geyser/fold.TestNothingIsAskedForThatServersServeDifferently"}},
	{"Y loses", "everything after a clean end", []string{"internal/geyser.TestStreamEnds", "internal/pool.TestResumesBehindTheFrontier"}},
	{"Y loses", "messages after the block meta (#839)", []string{"internal/ingest.TestBlockMetaIsNoProofOfTransactions", "internal/ingest.TestFrontier"}},
	{"Y duplicates", "slots that came in part before a reconnect (#883)", []string{"internal/ingest.TestEachOnce", "internal/pool.TestNothingLostNothingDoubled"}},
	{"Y duplicates", "some 31 slots at each reconnect at processed", []string{"internal/pool.TestClaimsAreTrueInTrouble"}},
	{"Y close", "only half-closed, the stream stays open until the process ends", []string{"internal/geyser.TestCloseEndsTheCallAtTheServer"}},

	{"Y YG#839", "a map of sealed slots that only grows", []string{"internal/ingest.TestMemoryIsBounded"}},
	{"Y YG#839", "keys that collide between forks", []string{"internal/ingest.TestDeduplicates", "internal/ingest.TestVoidSlot"}},
	{"Y YG#883", "a slot that was in progress at the reconnect", []string{"internal/pool.TestClaimsAreTrueInTrouble", "geysersim.TestProcessedReplayHasAHoleWhereTheSlotWasInProgress"}},
	{"Y YG#830", "a replay that brings nothing, silently", []string{"internal/pool.TestReplayThatBringsNothingIsAGap"}},
	{"Y YG#854, #863, #761", "a buffer that grows to 18 GB", []string{"internal/pool.TestQueueBounds", "internal/pool.TestOverflowDropsAndResumes"}},
	{"Y YG#251", "no way to see what was lost", []string{"internal/ingest.TestCheckpointDoesNotJumpOverAnUnfilledRange", "internal/ingest.TestSkippedSlotsAreProvenByTheParent"}},
	{"Y YG#547", "no promise of order", []string{"internal/ingest.TestFrontierAgreesWithAPlainCount", "internal/ingest.TestEachOnce"}},
	{"Y YG#232", "duplicates at confirmed", []string{"internal/pool.TestNothingLostNothingDoubled"}},
	{"Y YG changelog 2026-07-31", "changing filters strips the client's own: recovery is off", []string{"internal/geyser/fold.TestEveryRequestHoldsWhatRecoveryNeeds"}},
	{"Y YG unreleased", "several banks of one slot; fields that are not known yet", []string{"internal/geyser.TestFieldsOfTheNextProtocolAreSkipped", "internal/geyser.TestViewSkipsUnknownFields"}},
	{"Y cowprotocol/services#4802", "thousands of equal replay requests against a restarted node", []string{"internal/pool.TestRestartedNodeIsNotStormed", "internal/pool.TestBudgetHoldsWhileEveryStreamIsDropped"}},
	{"Y cowprotocol/services#4802", "equal requests, again and again", []string{"internal/pool.TestTheSameGroupsAreNotSentAgain"}},
	{"Y LS#114", "the cursor jumps during a replay, 15,576 slots are skipped", []string{"internal/ingest.TestCheckpointDoesNotJumpOverAnUnfilledRange"}},
	{"Y LS#114", "endless OUT_OF_RANGE", []string{"internal/pool.TestWhatIsAskedForAfterARefusal"}},
	{"Y LS#115", "a filter written during a replay kills the stream", []string{"internal/geyser.TestChangeInTheMiddleOfAReplay", "internal/pool.TestGroupsChangeInTheOpenStream"}},
	{"Y LS#86, #12, #44", "DATA_LOSS when the client is slow", []string{"internal/geyser.TestClassOfEachRow", "internal/pool.TestOverflowDropsAndResumes"}},
	{"Y LS Go", "keepalive without streams is never on", []string{"internal/geyser.TestStreamAnswersPings", "internal/geyser.TestStreamDiesOfSilence"}},
	{"Y private-channels#129, #193", "a checkpoint on a block meta loses data", []string{"internal/ingest.TestBlockMetaIsNoProofOfTransactions", "e2e.TestHostKilledInMidStream"}},
	{"Y yellowstone-grpc-kafka#12", "a dedup hash over stamps and filter names", []string{"internal/ingest.TestStampsAndFilterNamesMakeNoOtherTransaction"}},
	{"Y carbon#494, #589", "several streams are not deduplicated", []string{"internal/pool.TestTwoCopiesSurviveADeadProvider"}},
	{"Y protocol-v2#1717", "streams that are not cancelled leak connections", []string{"internal/geyser.TestCloseEndsTheCallAtTheServer"}},
	{"Y shipstern#270", "500 ms, doubled, ten times, then nothing", []string{"internal/pool.TestBudgetHoldsWhileEveryStreamIsDropped"}},
	{"Y Shyft example", "30 tries with the last slot, then live without a word", []string{"internal/pool.TestNotThereYetWaits", "internal/pool.TestGapIsReportedOnce"}},

	{"P a", "a block meta is no proof that its transactions came", []string{"internal/ingest.TestBlockMetaIsNoProofOfTransactions"}},
	{"P b", "the highest slot seen as checkpoint: live jumps over a range that nobody filled", []string{"internal/ingest.TestCheckpointDoesNotJumpOverAnUnfilledRange"}},
	{"P c", "live begins later than the filling ended", []string{"internal/ingest.TestReplayAndLiveLeaveNoTail"}},
	{"P d", "resuming behind a filling that failed", []string{"internal/ledger.TestMissingOutlivesTheProcess"}},
	{"P e", "filling up to a snapshot of the tip, then subscribing", []string{"internal/ingest.TestReplayAndLiveLeaveNoTail", "internal/pool.TestMoveLosesAndDoublesNothing"}},
	{"P f", "no checkpoint is taken for slot 0", []string{"internal/ingest.TestNoCheckpointIsNotSlotZero", "internal/pool.TestFirstStreamBreaksBeforeAnythingIsDurable"}},
	{"P g", "a node behind the checkpoint at a restart", []string{"internal/pool.TestNotThereYetWaits", "internal/pool.TestRestartedNodeIsNotStormed"}},
	{"P h", "codes of replay errors differ between servers", []string{"internal/geyser.TestClassOfEachRow", "internal/geyser/profile.TestEveryTextTeachesWhatItSays", "geysersim.TestReplayErrorsHaveTheCodesOfRealServers"}},
	{"P i", "the client strips its own filter when filters change", []string{"internal/geyser/fold.TestEveryRequestHoldsWhatRecoveryNeeds"}},
	{"P j", "a change of commitment in the stream loses messages", []string{"internal/geyser/fold.TestCommitmentDoesNotChangeWithTheGroups"}},
}

// A trap is proven by tests that exist. Whoever renames one is told here.
func TestEveryTrapHasItsTest(t *testing.T) {
	tests := testsBelow(t, "..")
	if len(tests) < 100 {
		t.Fatalf("only %d tests were found: this one looks in the wrong place", len(tests))
	}
	seen := make(map[string]bool)
	for _, trap := range traps {
		if len(trap.proof) == 0 {
			t.Errorf("%s (%s): no test", trap.where, trap.what)
		}
		if seen[trap.where+trap.what] {
			t.Errorf("%s (%s) is there twice", trap.where, trap.what)
		}
		seen[trap.where+trap.what] = true
		for _, name := range trap.proof {
			if !tests[name] {
				t.Errorf("%s (%s): test %s does not exist", trap.where, trap.what, name)
			}
		}
	}
	for letter := range strings.SplitSeq("abcdefghij", "") {
		found := false
		for _, trap := range traps {
			found = found || trap.where == "P "+letter
		}
		if !found {
			t.Errorf("trap %s of the peers is not in the list", letter)
		}
	}
}

// testsBelow returns the names of all tests that say something, as folder.Name with slashes.
func testsBelow(t *testing.T, root string) map[string]bool {
	t.Helper()
	tests := make(map[string]bool)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && len(f.Body.List) > 0 {
				tests[path.Clean(filepath.ToSlash(folder))+"."+f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
