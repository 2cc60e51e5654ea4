package geysersim

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // registers gzip

	_ "github.com/weir-run/weir/host/internal/geyser" // registers zstd
)

// compress chooses how a stream's updates are sent: the first of the server's compressions that the client advertises. It must be
// called before the headers are sent.
func compress(ctx context.Context, offered []string) error {
	if len(offered) == 0 {
		return nil
	}
	known, err := grpc.ClientSupportedCompressors(ctx)
	if err != nil {
		return err
	}
	for _, name := range offered {
		if slices.Contains(known, name) {
			return grpc.SetSendCompressor(ctx, name)
		}
	}
	return nil
}
