package geysersim_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// times gives when each transaction came, from the first request on, in milliseconds.
func times(t *testing.T, o geysersim.Options, n int) []int64 {
	t.Helper()
	var out []int64
	synctest.Test(t, func(t *testing.T) {
		_, client := serve(t, o)
		stream := open(t, client, transactions(map[string]*txFilter{"t": {}}))
		start := time.Now()
		for len(out) < n {
			u, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if u.GetTransaction() != nil {
				out = append(out, time.Since(start).Milliseconds())
			}
		}
	})
	return out
}

func TestPaces(t *testing.T) {
	for name, tc := range map[string]struct {
		o    geysersim.Options
		want []int64
	}{
		"slots":           {geysersim.Options{}, []int64{0, 50, 100, 150, 200, 250, 300, 350, 400, 450}},
		"shorter slots":   {geysersim.Options{SlotDuration: 80 * time.Millisecond}, []int64{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}},
		"rate":            {geysersim.Options{Rate: 500}, []int64{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}},
		"burst":           {geysersim.Options{Burst: true}, []int64{0, 0, 0, 0, 0, 0, 0, 0, 400, 400}},
		"burst at a rate": {geysersim.Options{Burst: true, Rate: 100}, []int64{0, 0, 0, 0, 0, 0, 0, 0, 80, 80}},
		"unpaced":         {geysersim.Options{Unpaced: true}, []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.o.Source = world(3)
			if got := times(t, tc.o, len(tc.want)); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// sized is a source that is told how large its blocks should be.
type sized struct {
	*blocks
	size int
}

func (s *sized) SetBlockSize(n int) { s.size = n }

func TestSizedSourcesAreTold(t *testing.T) {
	source := &sized{blocks: world(1)}
	times(t, geysersim.Options{Source: source, Rate: 5000, SlotDuration: 100 * time.Millisecond}, 1)
	if source.size != 500 {
		t.Errorf("told %d, want 500", source.size)
	}
}

// An unpaced play waits for a reader that stops, and waits while there is none: it neither cuts nor runs away.
func TestUnpacedWaitsForTheSlowest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(3000), Unpaced: true, EndStreams: true})
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := client.Subscribe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		send(t, stream, transactions(map[string]*txFilter{"t": {}}))
		time.Sleep(time.Hour)
		blocked := server.Served()
		if blocked.Slots < 100 || blocked.Slots > 2500 || blocked.Lagged != 0 {
			t.Errorf("with a reader that does not read: %+v", blocked)
		}
		cancel()
		time.Sleep(time.Hour)
		alone := server.Served()
		if alone.Slots > blocked.Slots+600 || alone.Open != 0 {
			t.Errorf("without a reader %d slots more were played: %+v", alone.Slots-blocked.Slots, alone)
		}
		stream = open(t, client, transactions(map[string]*txFilter{"t": {}}))
		for err == nil {
			_, err = stream.Recv()
		}
		if n := server.Served(); n.Slots != 3000 {
			t.Errorf("not all was played: %+v", n)
		}
	})
}

// Of requests that wait, only the newest is applied, and the from_slot of the others is lost.
func TestWaitingRequestsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := serve(t, geysersim.Options{Source: world(50), StartAtOnce: true})
		time.Sleep(4 * time.Second)
		stream := open(t, client, failing())
		if _, err := lines(t, stream, 1); err != nil {
			t.Fatal(err)
		}
		server.Silence(5 * time.Second)
		time.Sleep(time.Second) // now the stream hangs in an update
		for _, r := range []*geyserpb.SubscribeRequest{from(1000, confirmed), {}, failing()} {
			send(t, stream, r)
		}
		time.Sleep(5 * time.Second)
		if n := server.Served(); n.Requests != 2 || n.Replays != 0 {
			t.Errorf("%+v", n)
		}
	})
}

// certify makes a certificate for the loopback and what a client needs to trust it.
func certify(t *testing.T) (*tls.Config, credentials.TransportCredentials) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	pair := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, credentials.NewClientTLSFromCert(pool, "")
}

func TestTLS(t *testing.T) {
	config, trust := certify(t)
	server := geysersim.New(geysersim.Options{
		Source: world(1), TLS: config,
	})
	defer server.Close()
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:///"+server.Addr(), grpc.WithTransportCredentials(trust))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := open(t, geyserpb.NewGeyserClient(conn), nil).Recv(); err != nil {
		t.Error(err)
	}
	if _, err := geyserpb.NewGeyserClient(dial(t, server.Addr())).Ping(t.Context(), &geyserpb.PingRequest{}); err == nil {
		t.Error("a plain client was served")
	}
}
