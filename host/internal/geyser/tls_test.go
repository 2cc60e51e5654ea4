package geyser_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// listen serves one slot update a stream on a real socket and returns its host:port.
func listen(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer(append(options, grpc.WaitForHandlers(true))...)
	geyserpb.RegisterGeyserServer(g, &server{subscribe: func(s subscription) error { return s.Send(slotUpdate(1)) }})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Serve(l); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})
	return l.Addr().String()
}

func TestTLS(t *testing.T) {
	cert, roots := certificate(t)
	secure := listen(t, grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	open := listen(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name   string
		e      geyser.Endpoint
		remedy string // empty: it works
	}{
		{"TLS", geyser.Endpoint{URL: "https://" + secure, TLS: &tls.Config{RootCAs: roots}}, ""},
		{"plain", geyser.Endpoint{URL: "http://" + open}, ""},
		{"unknown certificate", geyser.Endpoint{URL: "https://" + secure}, "check the host name of the URL and the clock"},
		{"https to a plain server", geyser.Endpoint{URL: "https://" + open}, "write http:// instead of https://"},
		{"http to a TLS server", geyser.Endpoint{URL: "http://" + secure}, "write https:// instead of http://"},
		{"nobody there", geyser.Endpoint{URL: "http://" + closed.Addr().String()}, "check the port of the URL"},
	} {
		s, err := geyser.Open(t.Context(), c.e, geyser.Subscription{}.Request())
		if err == nil {
			_, err = s.Recv()
			s.Close()
		}
		if (err == nil) != (c.remedy == "") || err != nil && (!strings.Contains(err.Error(), c.remedy) || !strings.Contains(err.Error(), c.e.URL)) {
			t.Errorf("%s: error %v, want the URL and %q", c.name, err, c.remedy)
		}
	}
}
