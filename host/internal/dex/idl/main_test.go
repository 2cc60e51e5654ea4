package idl_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/dex/idl"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testdata(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func parse(tb testing.TB, text string) *idl.Program {
	tb.Helper()
	p, err := idl.Parse("test.json", []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
