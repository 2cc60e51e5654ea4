package geysersim

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// version is the JSON text of GetVersion. The package name tells that it is not a real node; proto is the protocol release served.
const version = `{"version":{"package":"weir-geysersim","version":"0.1.0","proto":"12.6.0","solana":"simulated","git":"","rustc":"",` +
	`"buildts":""},"extra":{"hostname":"weir-geysersim"}}`

// SubscribeReplayInfo tells the oldest slot that from_slot may ask for.
func (s *Server) SubscribeReplayInfo(context.Context, *geyserpb.SubscribeReplayInfoRequest) (*geyserpb.SubscribeReplayInfoResponse, error) {
	first, ok := s.chain.first()
	switch {
	case s.chain.o.ReplaySlots < 0:
		return &geyserpb.SubscribeReplayInfoResponse{}, nil
	case !ok:
		first = ^uint64(0) // what real servers answer before their first block
	}
	return &geyserpb.SubscribeReplayInfoResponse{FirstAvailable: &first}, nil
}

// Ping echoes the count.
func (s *Server) Ping(_ context.Context, r *geyserpb.PingRequest) (*geyserpb.PongResponse, error) {
	return &geyserpb.PongResponse{Count: r.GetCount()}, nil
}

// GetVersion gives the JSON text of the version.
func (s *Server) GetVersion(context.Context, *geyserpb.GetVersionRequest) (*geyserpb.GetVersionResponse, error) {
	return &geyserpb.GetVersionResponse{Version: version}, nil
}

// GetSlot gives the newest slot of a level.
func (s *Server) GetSlot(_ context.Context, r *geyserpb.GetSlotRequest) (*geyserpb.GetSlotResponse, error) {
	b, err := s.newest(r.GetCommitment())
	if err != nil {
		return nil, err
	}
	return &geyserpb.GetSlotResponse{Slot: b.slot}, nil
}

// GetBlockHeight gives the newest block height of a level.
func (s *Server) GetBlockHeight(_ context.Context, r *geyserpb.GetBlockHeightRequest) (*geyserpb.GetBlockHeightResponse, error) {
	b, err := s.newest(r.GetCommitment())
	if err != nil {
		return nil, err
	}
	return &geyserpb.GetBlockHeightResponse{BlockHeight: b.height}, nil
}

// GetLatestBlockhash gives the newest blockhash of a level.
func (s *Server) GetLatestBlockhash(_ context.Context, r *geyserpb.GetLatestBlockhashRequest) (*geyserpb.GetLatestBlockhashResponse, error) {
	b, err := s.newest(r.GetCommitment())
	if err != nil {
		return nil, err
	}
	return &geyserpb.GetLatestBlockhashResponse{Slot: b.slot, Blockhash: b.hash, LastValidBlockHeight: b.height + s.bounds.Load().dialect.blockhashLife()}, nil
}

// IsBlockhashValid looks among the blocks that are kept. Real servers answer INTERNAL "startup" until they have seen 332 blocks, this
// one until the first: a corpus is shorter.
func (s *Server) IsBlockhashValid(_ context.Context, r *geyserpb.IsBlockhashValidRequest) (*geyserpb.IsBlockhashValidResponse, error) {
	newest, err := s.newest(r.GetCommitment())
	if status.Code(err) == codes.Internal {
		return nil, status.Error(codes.Internal, "startup")
	}
	if err != nil {
		return nil, err
	}
	b := s.chain.blockByHash(r.GetBlockhash())
	return &geyserpb.IsBlockhashValidResponse{Slot: newest.slot, Valid: b != nil && b.height+s.bounds.Load().dialect.blockhashLife() >= newest.height}, nil
}

func (s *Server) newest(level geyserpb.CommitmentLevel) (*block, error) {
	if _, known := geyserpb.CommitmentLevel_name[int32(level)]; !known {
		return nil, status.Errorf(codes.Unknown, "failed to create CommitmentLevel from %d", level)
	}
	b := s.chain.newest(level)
	if b == nil {
		return nil, status.Error(codes.Internal, "block is not available yet")
	}
	return b, nil
}
