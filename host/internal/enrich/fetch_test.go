package enrich_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-run/weir/host/geysersim/rpcsim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/rpc"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// inProcess serves without sockets, so that time may be virtual.
type inProcess struct{ *rpcsim.Node }

func (n inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w.Result(), nil
}

func keyOf(n byte) dex.Key { return dex.Key{n, 1, 2, 3, 4, 5, 6, 7, n} }

// coin puts the accounts of a token on the node.
func coin(n *rpcsim.Node, mint dex.Key, symbol string, legacy bool) {
	state := spl.Mint{Supply: 1e15, Decimals: 6, Initialized: true, FreezeAuthority: keyOf(99)}
	named := spl.Metadata{Mint: mint, UpdateAuthority: keyOf(98), Name: []byte(symbol + " coin"), Symbol: []byte(symbol), URI: []byte("https://x.example/" + symbol)}
	if legacy {
		n.Accounts[mint] = rpcsim.Account{Owner: dex.SPLToken, Data: state.Append(nil)}
		n.Accounts[pda.Metadata(mint)] = rpcsim.Account{Owner: dex.Metaplex, Data: named.AppendMetaplex(nil)}
		return
	}
	n.Accounts[mint] = rpcsim.Account{Owner: dex.Token2022, Data: spl.AppendExtension(state.Append(nil), spl.ExtTokenMetadata, named.Append(nil))}
}

// delivered collects what a fetcher found.
type delivered struct {
	mu   sync.Mutex
	all  []*eventv1.TokenMetadata
	fail error
}

func (d *delivered) take(_ context.Context, m *eventv1.TokenMetadata) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, m)
	return d.fail
}

func (d *delivered) symbols() (out []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.all {
		out = append(out, m.GetSymbol())
	}
	slices.Sort(out)
	return out
}

func newFetcher(t *testing.T, c rpc.Config, d *delivered, most int) *enrich.Fetcher {
	t.Helper()
	node, err := rpc.New(c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := enrich.NewFetcher(enrich.FetchConfig{Node: node, Deliver: d.take, MostWaiting: most})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// running runs a fetcher and returns what stops it.
func running(t *testing.T, f *enrich.Fetcher) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

// Over real HTTP: both homes of a name are read, what is no mint is told from what is, and one mint is asked for once at a time.
func TestFetchesNames(t *testing.T) {
	n := rpcsim.New()
	n.Tip = 777
	coin(n, keyOf(1), "LEGACY", true)
	coin(n, keyOf(2), "NEW", false)
	n.Accounts[keyOf(3)] = rpcsim.Account{Owner: dex.SPLToken, Data: spl.Mint{Decimals: 9, Initialized: true}.Append(nil)} // nameless
	curve := pumpfun.BondingCurve{VirtualTokenReserves: 1, VirtualQuoteReserves: 2, RealTokenReserves: 3, RealQuoteReserves: 4, Complete: true, Creator: keyOf(97), IsHolderReward: true}
	n.Accounts[pda.BondingCurve(keyOf(2))] = rpcsim.Account{Owner: dex.Pump, Data: curve.Append(nil)}
	n.Accounts[pda.BondingCurve(keyOf(1))] = rpcsim.Account{Owner: dex.System, Data: curve.Append(nil)} // not pump's
	n.Accounts[keyOf(4)] = rpcsim.Account{Owner: dex.Pump, Data: make([]byte, 82)}                      // no mint
	other := spl.Metadata{Mint: keyOf(50), Symbol: []byte("LIE")}
	n.Accounts[keyOf(5)] = rpcsim.Account{Owner: dex.Token2022, Data: spl.AppendExtension(spl.Mint{Initialized: true}.Append(nil), spl.ExtTokenMetadata, other.Append(nil))}
	server := httptest.NewServer(n)
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var got delivered
	f := newFetcher(t, rpc.Config{URL: server.URL, RequestsPerSecond: 1000, Transport: transport}, &got, 0)
	for range 3 {
		for i := byte(1); i <= 6; i++ {
			f.Want(keyOf(i))
		}
	}
	stop := running(t, f)
	for deadline := time.Now().Add(10 * time.Second); f.Stats().Found+f.Stats().Absent < 6 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if s := f.Stats(); s.Asked != 6 || s.Found != 4 || s.Absent != 2 || s.Waiting != 0 || s.LastError != "" || len(n.Calls) != 1 {
		t.Errorf("stats %+v, calls %v", s, n.Calls)
	}
	if names := got.symbols(); !slices.Equal(names, []string{"", "", "LEGACY", "NEW"}) {
		t.Fatalf("symbols %q", names)
	}
	for _, m := range got.all {
		freeze, creator, address := keyOf(99), keyOf(97), pda.BondingCurve(keyOf(2))
		if c := m.GetCurve(); (c != nil) != (m.GetSymbol() == "NEW") || c != nil && (!c.GetComplete() || !c.GetHolderReward() || string(c.GetCreator()) != string(creator[:]) ||
			string(c.GetCurve()) != string(address[:]) || string(c.GetQuoteMint()) != string(dex.WSOL[:]) || c.GetReserves().GetPriceQuote() != 2 || c.GetReserves().GetBase() != 3) {
			t.Errorf("%s: curve %v", m.GetSymbol(), c)
		}
		switch m.GetSymbol() {
		case "LEGACY", "NEW":
			want := eventv1.MetadataSource_METADATA_SOURCE_METAPLEX
			if m.GetSymbol() == "NEW" {
				want = eventv1.MetadataSource_METADATA_SOURCE_EXTENSION
			}
			if m.GetSource() != want || m.GetName() != m.GetSymbol()+" coin" || m.GetUri() != "https://x.example/"+m.GetSymbol() || m.GetDecimals() != 6 || m.GetSupply() != 1e15 ||
				m.MintAuthority != nil || string(m.GetFreezeAuthority()) != string(freeze[:]) || m.GetAsOfSlot() != 777 {
				t.Errorf("%v", m)
			}
		default:
			if m.GetSource() != 0 || m.GetName() != "" || m.Decimals == nil {
				t.Errorf("a token without a name: %v", m)
			}
		}
	}
}

// A node in trouble: requests are repeated with pauses, then the mints are given up and may be asked for again; the queue is bounded; and
// the URL is in no error. Virtual time.
func TestFetchFromANodeInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rpcsim.New()
		n.Tip = 5
		coin(n, keyOf(1), "A", false)
		coin(n, keyOf(2), "B", true)
		down := true
		n.Fault = func(string, int) (int, http.Header, string) {
			if down {
				return http.StatusBadGateway, nil, "<html>"
			}
			return 0, nil, ""
		}
		var got delivered
		f := newFetcher(t, rpc.Config{URL: "http://node.example/secret-key", RequestsPerSecond: 2, Transport: inProcess{n}}, &got, 2)
		for i := byte(1); i <= 3; i++ {
			f.Want(keyOf(i))
		}
		start := time.Now()
		stop := running(t, f)
		synctest.Wait()
		for f.Stats().Failed == 0 {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took < 20*time.Second || took > time.Minute || len(n.Calls) != 6 {
			t.Errorf("given up after %v and %d tries", took, len(n.Calls))
		}
		s := f.Stats()
		if s.Dropped != 1 || s.Failed != 2 || s.LastError == "" || strings.Contains(s.LastError, "secret") || !strings.Contains(s.LastError, "node.example") {
			t.Errorf("stats %+v", s)
		}
		n.Bend(func() { down = false })
		f.Want(keyOf(1))
		f.Want(keyOf(2))
		time.Sleep(time.Minute)
		if names := got.symbols(); !slices.Equal(names, []string{"A", "B"}) || f.Stats().LastError != "" {
			t.Errorf("after the trouble: %q, %+v", names, f.Stats())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// When what was found cannot be kept, a full disk for example, it is said and tried again later: the daemon goes on.
func TestFetcherOutlivesAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rpcsim.New()
		coin(n, keyOf(1), "A", false)
		got := delivered{fail: errors.New("disk full")}
		f := newFetcher(t, rpc.Config{URL: "http://node.example", Transport: inProcess{n}}, &got, 0)
		f.Want(keyOf(1))
		stop := running(t, f)
		synctest.Wait()
		if s := f.Stats(); s.Failed != 1 || s.Found != 0 || !strings.Contains(s.LastError, "disk full") {
			t.Errorf("stats %+v", s)
		}
		got.mu.Lock()
		got.all, got.fail = nil, nil
		got.mu.Unlock()
		f.Want(keyOf(1))
		time.Sleep(time.Minute)
		if names := got.symbols(); !slices.Equal(names, []string{"A"}) || f.Stats().LastError != "" {
			t.Errorf("later: %q, %+v", names, f.Stats())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// Requests keep to the pace, and hold many mints each.
func TestFetchPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := rpcsim.New()
		f := newFetcher(t, rpc.Config{URL: "http://node.example", RequestsPerSecond: 1, Transport: inProcess{n}}, &delivered{}, 0)
		for i := range 120 {
			f.Want(keyOf(byte(i)))
		}
		start := time.Now()
		stop := running(t, f)
		for f.Stats().Absent < 120 {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(start); len(n.Calls) != 4 || took < 3*time.Second || took > 4*time.Second {
			t.Errorf("120 mints took %d requests and %v", len(n.Calls), took)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
