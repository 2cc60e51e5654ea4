package conform_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/weir-run/weir/host/internal/monitor/conform"
	"github.com/weir-run/weir/host/internal/monitor/process"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// called calls the services of another version, which are those of version 1 under another name: the smallest translation that there is.
type called struct {
	grpc.ClientConnInterface

	version int
}

func (c called) name(method string) string {
	return strings.Replace(method, "/weir.plugin.v1.", "/weir.plugin.v"+strconv.Itoa(c.version)+".", 1)
}

func (c called) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return c.ClientConnInterface.Invoke(ctx, c.name(method), args, reply, opts...)
}

func (c called) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.ClientConnInterface.NewStream(ctx, desc, c.name(method), opts...)
}

// future is a host of the release after next: its contract is major 3, and it still speaks 2.
func future() []wire.Dialect {
	translate := func(version int) func(grpc.ClientConnInterface) grpc.ClientConnInterface {
		return func(conn grpc.ClientConnInterface) grpc.ClientConnInterface { return called{conn, version} }
	}
	return []wire.Dialect{{Version: 3, Translate: translate(3)}, {Version: 2, Translate: translate(2)}}
}

// TestMajors starts real processes that speak other majors of the contract than a host does.
func TestMajors(t *testing.T) {
	program := build(t, "./testdata/dialect")
	for name, c := range map[string]struct {
		speaks  string
		want    int
		refused []string
	}{
		"the newest":         {speaks: "3", want: 3},
		"the one before":     {speaks: "2", want: 2},
		"both":               {speaks: "2,3", want: 3},
		"old ones and newer": {speaks: "1,2", want: 2},
		"too old":            {speaks: "1", refused: []string{"speaks protocol 1 of the contract, and this host 3 and 2", "it is too old: install a newer version of the plugin"}},
		"too new":            {speaks: "4,5", refused: []string{"speaks protocol 4 of the contract, and this host 3 and 2", "it is too new: install a newer weir"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := process.Launch(t.Context(), process.Config{
				Path: speaking(t, program, c.speaks), SocketDir: t.TempDir(), StartTimeout: 10 * time.Second, Dialects: future(),
				Log: slog.New(slog.DiscardHandler),
			})
			if c.refused != nil {
				if _, ok := errors.AsType[*process.StartError](err); !ok {
					t.Fatalf("got %v, want a StartError", err)
				}
				for _, part := range c.refused {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%q does not say %q", err, part)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer p.Kill(t.Context())
			d, err := p.Control.Describe(t.Context(), &pluginv1.DescribeRequest{})
			if err != nil || d.GetName() != "dialect" || p.Protocol() != c.want {
				t.Errorf("protocol %d, %v, %v; want %d", p.Protocol(), d, err, c.want)
			}
		})
	}
}

// TestOlderMajorKeepsTheContract: the whole kit passes over a translation.
func TestOlderMajorKeepsTheContract(t *testing.T) {
	results, err := conform.Run(t.Context(), conform.Config{Path: speaking(t, build(t, "./testdata/dialect"), "1,2"), Dialects: future()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Failed != "" || r.Skipped != "" {
			t.Errorf("%s: failed %q, skipped %q", r.Check, r.Failed, r.Skipped)
		}
	}
}

func speaking(t *testing.T, program, versions string) string {
	t.Helper()
	script := program + "-" + versions
	if err := os.WriteFile(script, []byte("#!/bin/sh\nDIALECTS="+versions+" exec env -u "+wire.CookieKey+" "+program+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}
