package txerror_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex/txerror"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want txerror.Error
	}{
		"nothing":                 {nil, txerror.Error{Index: -1}},
		"three bytes":             {[]byte{8, 0, 0}, txerror.Error{Index: -1}},
		"no index":                {[]byte{8, 0, 0, 0}, txerror.Error{Name: "InstructionError", Index: -1}},
		"no error behind it":      {[]byte{8, 0, 0, 0, 2, 1}, txerror.Error{Name: "InstructionError", Index: 2}},
		"slippage of pump":        {[]byte{8, 0, 0, 0, 3, 25, 0, 0, 0, 0x72, 0x17, 0, 0}, txerror.Error{Name: "InstructionError", Index: 3, Instruction: "Custom", Code: 6002, Custom: true}},
		"custom without a number": {[]byte{8, 0, 0, 0, 3, 25, 0, 0, 0}, txerror.Error{Name: "InstructionError", Index: 3, Instruction: "Custom"}},
		"out of units":            {[]byte{8, 0, 0, 0, 0, 37, 0, 0, 0}, txerror.Error{Name: "InstructionError", Instruction: "ComputationalBudgetExceeded"}},
		"a later instruction one": {[]byte{8, 0, 0, 0, 0, 99, 0, 0, 0}, txerror.Error{Name: "InstructionError", Instruction: "error 99"}},
		"without content":         {[]byte{7, 0, 0, 0}, txerror.Error{Name: "BlockhashNotFound", Index: -1}},
		"rent of account 4":       {[]byte{31, 0, 0, 0, 4}, txerror.Error{Name: "InsufficientFundsForRent", Index: 4}},
		"a later one":             {[]byte{0xff, 0xff, 0xff, 0xff, '"'}, txerror.Error{Name: "error 4294967295", Index: -1}},
	} {
		if got := txerror.Parse(c.b); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{8, 0, 0, 0, 3, 25, 0, 0, 0, 0x72, 0x17, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := txerror.Parse(b)
		if (e.Name == "") != (len(b) < 4) || e.Custom && e.Instruction != "Custom" || e.Index < -1 || e.Index > 255 {
			t.Errorf("%x is read as %+v", b, e)
		}
	})
}
