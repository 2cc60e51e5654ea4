package geyser_test

import (
	"testing"

	"google.golang.org/grpc/metadata"
)

func TestTokenGoesInTheHeaderOfTheProvider(t *testing.T) {
	for _, c := range []struct{ header, want, not string }{
		{"", "x-token", "x-api-key"},
		{"x-api-key", "x-api-key", "x-token"},
	} {
		sent := make(chan metadata.MD, 1)
		e := serve(t, func(s subscription) error {
			md, _ := metadata.FromIncomingContext(s.Context())
			sent <- md
			return nil
		})
		e.Token, e.TokenHeader = "s3cret", c.header
		s := open(t, e)
		if md := <-sent; len(md.Get(c.want)) != 1 || md.Get(c.want)[0] != "s3cret" || len(md.Get(c.not)) != 0 {
			t.Errorf("header %q: %s %v, %s %v", c.header, c.want, md.Get(c.want), c.not, md.Get(c.not))
		}
		s.Close()
	}
}
