package ask

import (
	"math/rand/v2"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// A Stand answers as a daemon does whose journal holds what it was given; what cannot be read, and what is left out, is no trouble.
func TestStand(t *testing.T) {
	records := random(rand.New(rand.NewPCG(3, 4)), 200)
	mint := key('m', 7)
	body, err := proto.Marshal(&eventv1.Record{Body: &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{Mint: mint[:], Symbol: "WEIR"}}})
	if err != nil {
		t.Fatal(err)
	}
	records.records[99] = &pluginv1.Envelope{Number: 100, Slot: 1025, Kind: eventv1.Kind_KIND_TOKEN_CREATED, Record: body}
	var s Stand
	path, err := s.Listen(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(3, func(net.Conn) error { return nil })
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c := pluginv1.NewHostClient(conn)
	v := newView(records.open, 1, Horizon)
	for _, e := range records.records {
		at := &pluginv1.Moment{Epoch: 3, Number: e.GetNumber()}
		if _, err := c.GetToken(t.Context(), &pluginv1.GetTokenRequest{At: at, Mint: mint[:]}); status.Code(err) != codes.OutOfRange {
			t.Fatalf("record %d, which was not given: %v", e.GetNumber(), err)
		}
		s.Give(e)
		s.Give(e) // again: no matter
		if err := v.advance(t.Context(), e.GetNumber()); err != nil {
			t.Fatal(err)
		}
		token, err1 := c.GetToken(t.Context(), &pluginv1.GetTokenRequest{At: at, Mint: mint[:]})
		price, err2 := c.GetPrice(t.Context(), &pluginv1.GetPriceRequest{At: at, Mint: mint[:]})
		if err1 != nil || err2 != nil || price.GetPrice().String() != v.priceAt(mint).String() || (token.GetToken().GetSymbol() == "WEIR") != (e.GetNumber() >= 100) {
			t.Fatalf("as of %d: %v, %v, %v, %v", e.GetNumber(), token, price, err1, err2)
		}
	}
	s.Give(&pluginv1.Envelope{Number: 201, Kind: eventv1.Kind_KIND_TRADE, Record: []byte{0xff}})
	s.Reach(210)
	if _, err := c.GetPrice(t.Context(), &pluginv1.GetPriceRequest{At: &pluginv1.Moment{Epoch: 3, Number: 205}, Mint: mint[:]}); err != nil {
		t.Errorf("behind what is left out: %v", err)
	}
}
