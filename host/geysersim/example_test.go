package geysersim_test

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// A server in the same process plays a generated market. Any Yellowstone client can subscribe to it; here it is the generated stub.
// The script lets the stream end in place of slot 400000003, as a node does that is restarted.
func Example() {
	script, err := geysersim.ParseScript("example", []byte(`at slot 400000003 drop UNAVAILABLE "server is shutting down try again later"`))
	if err != nil {
		panic(err)
	}
	server := geysersim.New(geysersim.Options{
		Source: market.New(market.Options{Seed: 1, TransactionsPerSlot: 20, StartSlot: 400_000_000}), Unpaced: true,
	})
	defer server.Close()
	server.Play(script)
	if err := server.Listen("127.0.0.1:0"); err != nil {
		panic(err)
	}

	conn, err := grpc.NewClient(server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	stream, err := geyserpb.NewGeyserClient(conn).Subscribe(context.Background())
	if err != nil {
		panic(err)
	}
	err = stream.Send(&geyserpb.SubscribeRequest{
		BlocksMeta: map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"blocks": {}},
	})
	if err != nil {
		panic(err)
	}
	for {
		update, err := stream.Recv()
		if err != nil {
			fmt.Println(err)
			return
		}
		if meta := update.GetBlockMeta(); meta != nil {
			fmt.Println("block", meta.GetSlot())
		}
	}
	// Output:
	// block 400000000
	// block 400000002
	// rpc error: code = Unavailable desc = server is shutting down try again later
}
