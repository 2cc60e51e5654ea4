package sdk_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// scripted does what the symbol of a trade says.
func scripted(h *sdk.Host) sdk.Monitor {
	state := struct {
		Seen int `json:"seen"`
	}{}
	return sdk.Monitor{
		Name: "scripted", State: &state, Emits: []string{"seen", "lost"}, Venues: []sdk.Venue{sdk.Pump},
		OnTrade: func(r *sdk.Record, t *sdk.Trade) error {
			state.Seen++
			h.Signal("seen", t.GetSymbol(), strconv.Itoa(state.Seen), nil)
			switch t.GetSymbol() {
			case "DATA":
				return errors.New("bad data")
			case "TRANSIENT":
				return sdk.Transient(fmt.Errorf("wrapped: %w", errors.New("later")))
			case "FATAL":
				return fmt.Errorf("record %d: %w", r.GetNumber(), sdk.Fatal(errors.New("no use")))
			case "UNLISTED":
				h.Signal("other", "", "", nil)
			case "HUGE":
				h.Signal("seen", "", strings.Repeat("x", 300<<10), nil)
			case "TWICE":
				h.Signal("seen", "again", "", nil)
			}
			return nil
		},
		OnJournalGap: func(g *sdk.JournalGap) error {
			h.Signal("lost", "", g.GetReason(), nil)
			return nil
		},
		OnRetract: func(slot uint64) error {
			if slot == 13 {
				return errors.New("unlucky")
			}
			state.Seen = 0
			return nil
		},
	}
}

func trade(symbol string) *sdk.Record { return weirtest.Trade(&sdk.Trade{Symbol: symbol}) }

func TestRefusedRecords(t *testing.T) {
	cases := []struct {
		symbol  string
		class   pluginv1.ErrorClass
		message string
	}{
		{"DATA", pluginv1.ErrorClass_ERROR_CLASS_DATA, "bad data"},
		{"TRANSIENT", pluginv1.ErrorClass_ERROR_CLASS_TRANSIENT, "wrapped: later"},
		{"UNLISTED", pluginv1.ErrorClass_ERROR_CLASS_DATA, `emit "other": Monitor.Emits does not list this kind`},
		{"HUGE", pluginv1.ErrorClass_ERROR_CLASS_DATA, "larger than 256 KiB"},
	}
	for _, c := range cases {
		t.Run(c.symbol, func(t *testing.T) {
			h := weirtest.Start(t, scripted)
			outputs := h.Send(trade("A"), trade(c.symbol), trade("B"))
			if len(outputs) != 2 || outputs[0].GetKey() != "A" || outputs[1].GetKey() != "B" || outputs[1].GetCause() != 3 {
				t.Errorf("outputs are %v, want those of A and B only", outputs)
			}
			refused := h.Errors()
			if len(refused) != 1 || refused[0].GetNumber() != 2 || refused[0].GetClass() != c.class ||
				!strings.Contains(refused[0].GetMessage(), c.message) {
				t.Errorf("refused are %v, want record 2 with %q", refused, c.message)
			}
		})
	}
}

func TestFatalEndsTheStream(t *testing.T) {
	h := weirtest.Start(t, scripted)
	stream := run2(t, h)
	must(t, stream.Send(tradeFrame(t, 2, 1, "A")))
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	must(t, stream.Send(tradeFrame(t, 2, 2, "FATAL")))
	var refused *pluginv1.RecordError
	for {
		frame, err := stream.Recv()
		if err != nil {
			if status.Code(err) != codes.Aborted || !strings.Contains(err.Error(), "no use") {
				t.Errorf("the stream ended with %v, want Aborted and the handler's error", err)
			}
			break
		}
		if frame.GetError() != nil {
			refused = frame.GetError()
		}
		if through := frame.GetOutputs().GetThrough(); through != 0 {
			t.Errorf("the monitor claims to be through %d", through)
		}
	}
	if refused.GetNumber() != 2 || refused.GetClass() != pluginv1.ErrorClass_ERROR_CLASS_FATAL {
		t.Errorf("refused is %v", refused)
	}
}

// run2 ends the harness's stream and opens epoch 2 in the same process.
func run2(t *testing.T, h *weirtest.Harness) pluginv1.Monitor_RunClient {
	t.Helper()
	h.CutOver()
	_, err := h.Client().Control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 2})
	must(t, err)
	stream, err := h.Client().Monitor.Run(t.Context())
	must(t, err)
	return stream
}

func TestHostErrorsAreRefused(t *testing.T) {
	batch := func(epoch, first, last uint64, numbers ...uint64) *pluginv1.HostFrame {
		b := &pluginv1.Batch{FirstNumber: first, LastNumber: last}
		for _, n := range numbers {
			b.Records = append(b.Records, tradeFrame(t, 1, n, "A").GetBatch().GetRecords()...)
		}
		return &pluginv1.HostFrame{Epoch: epoch, Frame: &pluginv1.HostFrame_Batch{Batch: b}}
	}
	barrier := &pluginv1.HostFrame_Barrier{Barrier: &pluginv1.Barrier{Checkpoint: 1, Number: 9}}
	cases := []struct {
		name  string
		frame *pluginv1.HostFrame
		code  codes.Code
		want  string
	}{
		{"old epoch", batch(1, 3, 4, 3), codes.FailedPrecondition, "frame of epoch 1, but epoch 2 is open"},
		{"empty frame", &pluginv1.HostFrame{}, codes.FailedPrecondition, "frame of epoch 0"},
		{"no numbers", batch(2, 0, 0), codes.InvalidArgument, "not a range"},
		{"backward range", batch(2, 5, 4), codes.InvalidArgument, "not a range"},
		{"hole", batch(2, 4, 5, 4), codes.InvalidArgument, "numbers 4 to 5 do not follow 2"},
		{"repetition", batch(2, 2, 3, 2), codes.InvalidArgument, "do not follow 2"},
		{"descending records", batch(2, 3, 9, 5, 4), codes.InvalidArgument, "record 4 after 5"},
		{"same record twice", batch(2, 3, 9, 5, 5), codes.InvalidArgument, "record 5 after 5"},
		{"record past the range", batch(2, 3, 4, 5), codes.InvalidArgument, "record 5 after 2 in batch 3 to 4"},
		{"early barrier", &pluginv1.HostFrame{Epoch: 2, Frame: barrier}, codes.InvalidArgument, "barrier after 9"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stream := run2(t, weirtest.Start(t, scripted))
			must(t, stream.Send(batch(2, 1, 2, 1, 2)))
			must(t, stream.Send(c.frame))
			for {
				_, err := stream.Recv()
				if err == nil {
					continue
				}
				if status.Code(err) != c.code || !strings.Contains(err.Error(), c.want) {
					t.Errorf("the stream ended with %v, want %v with %q", err, c.code, c.want)
				}
				return
			}
		})
	}
}

func TestCallsOutOfOrder(t *testing.T) {
	h := weirtest.Start(t, scripted)
	h.Send(trade("A")) // the stream is up once this is done
	control := h.Client().Control
	_, configured := control.Configure(t.Context(), &pluginv1.ConfigureRequest{})
	_, opened := control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 9})
	second, err := h.Client().Monitor.Run(t.Context())
	must(t, err)
	_, ran := second.Recv()
	h.CutOver()
	_, sameEpoch := control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 1})
	_, newState := control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 2, HasCheckpoint: true, StateVersion: 2})
	for want, err := range map[string]error{
		"Configure is out of order: the monitor is running": configured,
		"Open is out of order: the monitor is running":      opened,
		"Run is out of order: the monitor is running":       ran,
		"epoch 1 is not above epoch 1":                      sameEpoch,
		"state version 2; scripted 0.0.0 reads 1 to 1":      newState,
	} {
		if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOutputsAreNamedByTheirRecord(t *testing.T) {
	h := weirtest.Start(t, scripted)
	record := trade("TWICE")
	record.Slot, record.Signature = 42, append(weirtest.Key("a"), weirtest.Key("b")...)
	outputs := h.Send(trade("A"), record)
	if len(outputs) != 3 {
		t.Fatalf("outputs are %v", outputs)
	}
	for i, o := range outputs[1:] {
		if o.GetCause() != 2 || int(o.GetIndex()) != i || o.GetSlot() != 42 || o.BlockTime == nil ||
			string(o.GetSignature()) != string(record.GetSignature()) {
			t.Errorf("output %d is %v", i, o)
		}
	}
}

func TestOtherVenuesAndKindsPassBy(t *testing.T) {
	h := weirtest.Start(t, scripted)
	outputs := h.Send(weirtest.Trade(&sdk.Trade{Venue: sdk.RaydiumV4}), weirtest.TokenCreated(nil), weirtest.Gap(nil), trade("A"))
	if len(outputs) != 1 || outputs[0].GetCause() != 4 || len(h.Errors()) != 0 {
		t.Errorf("outputs are %v, errors %v", outputs, h.Errors())
	}
}

func TestLostRecords(t *testing.T) {
	h := weirtest.Start(t, scripted)
	h.Send(trade("A"))
	outputs := h.LoseRecords(5, "trimmed")
	if len(outputs) != 1 || outputs[0].GetCause() != 6 || outputs[0].GetSignal().GetText() != "trimmed" {
		t.Errorf("outputs are %v", outputs)
	}
	h.Crash()
	if outputs = h.Send(trade("B")); len(outputs) != 1 || outputs[0].GetCause() != 7 {
		t.Errorf("outputs are %v", outputs)
	}
}

func TestRetract(t *testing.T) {
	h := weirtest.Start(t, scripted)
	h.Send(trade("A"), trade("B"))
	h.Retract(1)
	h.Retract(13)
	if got := h.Send(trade("C"))[0].GetSignal().GetText(); got != "1" {
		t.Errorf("after a retract the count is %s", got)
	}
	if refused := h.Errors(); len(refused) != 1 || refused[0].GetMessage() != "retract slot 13: unlucky" {
		t.Errorf("refused are %v", refused)
	}
}

// In the journal a retraction is a record: it is repeated after a crash, and what it leads to is caused by it.
func TestRetractionRecord(t *testing.T) {
	h := weirtest.Start(t, scripted)
	h.Send(trade("A"), trade("B"))
	h.Checkpoint()
	h.Send(weirtest.Retracted(1), weirtest.Retracted(13))
	h.Crash()
	if got := h.Send(trade("C"))[0].GetSignal().GetText(); got != "1" {
		t.Errorf("after a retraction and a crash the count is %s, want 1", got)
	}
	for _, refused := range h.Errors() {
		if refused.GetMessage() != "retract slot 13: unlucky" || refused.GetNumber() != 4 {
			t.Errorf("refused %v", refused)
		}
	}
	if len(h.Errors()) == 0 {
		t.Error("the refusal of slot 13 was not told")
	}
}

func TestRetractionCausesOutputs(t *testing.T) {
	h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{
			Name:    "undo",
			OnTrade: func(*sdk.Record, *sdk.Trade) error { return nil },
			OnRetract: func(slot uint64) error {
				h.Signal("void", strconv.FormatUint(slot, 10), "", nil)
				return nil
			},
		}
	})
	out := h.Send(trade("A"), weirtest.Retracted(77))
	if len(out) != 1 || out[0].GetCause() != 2 || out[0].GetSlot() != 77 || out[0].GetKey() != "77" {
		t.Errorf("outputs are %v", out)
	}
}

func TestManyOutputsAreSplit(t *testing.T) {
	large := func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "large", OnTrade: func(*sdk.Record, *sdk.Trade) error {
			for range 8 {
				h.Signal("large", "", strings.Repeat("x", 200<<10), nil)
			}
			return nil
		}}
	}
	records := make([]*sdk.Record, 20)
	for i := range records {
		records[i] = trade("A")
	}
	if outputs := weirtest.Start(t, large).Send(records...); len(outputs) != 160 {
		t.Errorf("%d outputs, want 160", len(outputs))
	}
}

func TestDrainAndClose(t *testing.T) {
	closed := 0
	closing := func(h *sdk.Host) sdk.Monitor {
		m := scripted(h)
		m.Close = func() error { closed++; return nil }
		return m
	}
	h := weirtest.Start(t, closing)
	h.Send(trade("A"), trade("B"))
	if through := h.Close(); through != 2 || closed != 1 {
		t.Errorf("drained at %d, closed %d times", through, closed)
	}
	h.Close()
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}

// A host that lost its stream opens another epoch in the same process: the monitor starts from the checkpoint, not from what
// it remembers.
func TestNextEpochStartsAfresh(t *testing.T) {
	closed := 0
	closing := func(h *sdk.Host) sdk.Monitor {
		m := scripted(h)
		m.Close = func() error { closed++; return errors.New("it was open already") }
		return m
	}
	h := weirtest.Start(t, closing)
	h.Send(trade("A"), trade("B"))
	stream := run2(t, h)
	must(t, stream.Send(tradeFrame(t, 2, 1, "A")))
	frame, err := stream.Recv()
	must(t, err)
	if got := frame.GetOutputs().GetOutputs()[0].GetSignal().GetText(); got != "1" || closed != 1 {
		t.Errorf("the new epoch counts from %s, the old monitor was closed %d times", got, closed)
	}
}

func TestLargeStateGoesInChunks(t *testing.T) {
	hoarder := func(*sdk.Host) sdk.Monitor {
		var state []string
		return sdk.Monitor{Name: "hoarder", State: &state, OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			state = append(state, strings.Repeat(t.GetSymbol(), 1000))
			return nil
		}}
	}
	h := weirtest.Start(t, hoarder)
	for range 900 {
		h.Send(trade("A"))
	}
	before := h.Checkpoint()
	if len(before) < 900_000 {
		t.Fatalf("the state is %d bytes", len(before))
	}
	h.Crash()
	if after := h.Checkpoint(); string(after) != string(before) {
		t.Errorf("the state is %d bytes after a crash, %d before", len(after), len(before))
	}
}

func TestMetrics(t *testing.T) {
	h := weirtest.Start(t, scripted)
	h.Send(trade("A"), trade("DATA"), trade("TWICE"))
	h.Checkpoint()
	got, err := h.Client().Control.CollectMetrics(t.Context(), &pluginv1.CollectMetricsRequest{})
	must(t, err)
	for _, want := range []string{
		"weir_monitor_records_total{kind=\"trade\"} 3\n", "weir_monitor_outputs_total 3\n", "weir_monitor_record_errors_total 1\n",
		"weir_monitor_state_bytes 10\n", "weir_monitor_through 3\n",
	} {
		if !strings.Contains(got.GetText(), want) {
			t.Errorf("metrics lack %q:\n%s", want, got.GetText())
		}
	}
}

func TestTrouble(t *testing.T) {
	h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "troubled", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			h.Trouble(t.GetSymbol())
			return nil
		}}
	})
	h.Send(trade("disk full"))
	health, err := h.Client().Control.Health(t.Context(), &pluginv1.HealthRequest{})
	must(t, err)
	if health.GetTrouble() != "disk full" || health.GetThrough() != 1 {
		t.Errorf("health is %v", health)
	}
}
