package lplock_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/lplock"
)

func TestNamesGiveTheTags(t *testing.T) {
	for name, kind := range map[string]lplock.Kind{"lock_cp_liquidity": lplock.LockCPMM, "lock_clmm_position": lplock.LockPosition} {
		sum := sha256.Sum256([]byte("global:" + name))
		if got := lplock.KindOf(sum[:8]); got != kind {
			t.Errorf("%s is kind %d, want %d", name, got, kind)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := lplock.Instruction{Kind: lplock.Kind(rapid.IntRange(1, 2).Draw(t, "kind")), Metadata: rapid.Bool().Draw(t, "metadata")}
		if in.Kind == lplock.LockCPMM {
			in.LP = rapid.Uint64().Draw(t, "lp")
		}
		data := in.Append(nil)
		again, err := lplock.ParseInstruction(append(data, 1, 2, 3))
		if err != nil || again != in {
			t.Fatalf("%+v became %+v, %v", in, again, err)
		}
	})
}

func TestDamagedData(t *testing.T) {
	short := (&lplock.Instruction{Kind: lplock.LockCPMM, LP: 7}).Append(nil)[:12]
	if _, err := lplock.ParseInstruction(short); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut data: %v", err)
	}
	if _, err := lplock.ParseInstruction(binary.BigEndian.AppendUint64(nil, 5)); !errors.Is(err, dex.ErrTag) {
		t.Errorf("an unknown instruction: %v", err)
	}
	if got := lplock.Kind(99).Places(); got != lplock.Other.Places() {
		t.Errorf("places of no kind: %+v", got)
	}
}
