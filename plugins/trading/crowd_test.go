package trading

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/weir-run/weir/sdk"
)

func wallet(n int) uint64 {
	var k sdk.Key
	binary.BigEndian.PutUint32(k[:], uint32(n))
	return hash(k[:])
}

func TestCrowd(t *testing.T) {
	for _, n := range []int{0, 1, crowdSize, crowdSize + 1, 1000, 20_000} {
		var one, left, right crowd
		for i := range n {
			one.add(wallet(i))
			one.add(wallet(rand.IntN(i + 1)))
			if i < 2*n/3 {
				left.add(wallet(i))
			}
			if i > n/3 {
				right.add(wallet(i))
			}
		}
		right.add(wallet(0))
		left.join(&right)
		for name, c := range map[string]*crowd{"one": &one, "two joined": &left} {
			want := max(n, 1)
			if name == "one" {
				want = n
			}
			got, estimated := c.count()
			off := int(got) - want
			if !estimated && off != 0 || estimated && (want <= crowdSize || off*off > want*want/9) { // four times the standard error
				t.Errorf("%s of %d: %d, estimated %v", name, want, got, estimated)
			}
		}
	}
}
