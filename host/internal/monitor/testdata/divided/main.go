// Command divided is a plugin whose state is saved in parts: it counts trades of 3,000 keys, and forgets the oldest now and then. Each
// output tells of all that its key has seen, so that any difference in a restored state shows.
package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

type seen struct{ trades, hash uint64 }

func main() { sdk.Serve(divided) }

func divided(host *sdk.Host) sdk.Monitor {
	var total struct{ Trades, Forgotten, Gaps uint64 }
	keys := keyed.NewMap(keyed.Codec[uint64, seen]{
		AppendKey: pack.AppendUvarint, ReadKey: (*pack.Reader).Uvarint,
		Append: func(b []byte, v *seen) []byte { return pack.AppendUvarint(pack.AppendUvarint(b, v.trades), v.hash) },
		Read:   func(r *pack.Reader, v *seen) { *v = seen{trades: r.Uvarint(), hash: r.Uvarint()} },
	})
	return sdk.Monitor{
		Name: "divided", Version: "1.0.0", State: keyed.NewState(&total, keys),
		OnTrade: func(r *sdk.Record, t *sdk.Trade) error {
			key := t.GetBaseAmount() * 2_654_435_761 % 3000
			v := keys.Touch(key)
			if v == nil {
				v = keys.Put(key)
			}
			v.trades++
			h := fnv.New64a()
			_, _ = h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, v.hash), r.GetNumber()))
			v.hash = h.Sum64()
			total.Trades++
			text := fmt.Sprintf("%d %x of %d, %d forgotten, %d gaps", v.trades, v.hash, total.Trades, total.Forgotten, total.Gaps)
			if r.GetNumber()%5 == 0 {
				oldest, last, _ := keys.Oldest()
				text += fmt.Sprintf("; %d is forgotten with %d %x", oldest, last.trades, last.hash)
				keys.DeleteOldest()
				total.Forgotten++
			}
			host.Signal("seen", fmt.Sprint(key), text, nil)
			return nil
		},
		OnJournalGap: func(g *sdk.JournalGap) error {
			total.Gaps++
			host.Signal("records_lost", "", fmt.Sprintf("%d to %d: %s", g.GetFromNumber(), g.GetToNumber(), g.GetReason()), nil)
			return nil
		},
	}
}
