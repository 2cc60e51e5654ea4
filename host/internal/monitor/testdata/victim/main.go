// Command victim is the plugin that the kill matrix kills: each output tells of all that came before, so that any difference in a replay
// or in a restored state shows in each later one, and its state is saved in parts of several messages.
package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"strings"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// version is set by the linker. The state of later ones is of a version that the first one does not read.
var version = "1.2.3"

const (
	keyCount = 2000
	bad      = 37 // divisor of numbers of records that are refused
)

// filler makes an entry large.
var filler = strings.Repeat("x", 200)

type entry struct {
	hash   uint64
	filler string
}

func main() {
	if err := newKiller().serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func victim(host *sdk.Host) sdk.Monitor {
	var all struct{ Trades, Hash, Gaps, Retracted uint64 }
	keys := keyed.NewMap(keyed.Codec[uint64, entry]{
		AppendKey: pack.AppendUvarint, ReadKey: (*pack.Reader).Uvarint,
		Append: func(b []byte, e *entry) []byte { return pack.AppendText(pack.AppendUvarint(b, e.hash), e.filler) },
		Read:   func(r *pack.Reader, e *entry) { *e = entry{hash: r.Uvarint(), filler: r.Text()} },
	})
	return sdk.Monitor{
		Name: "victim", Version: version, State: keyed.NewState(&all, keys), StateVersion: stateVersion(), StateReadsMin: 1,
		OnTrade: func(r *sdk.Record, t *sdk.Trade) error {
			if r.GetNumber()%bad == 0 {
				return fmt.Errorf("victim does not like %d", r.GetNumber())
			}
			for key := uint64(keys.Len()); key < keyCount; key++ {
				keys.Put(key).filler = filler
			}
			e := keys.Touch(t.GetBaseAmount() % keyCount)
			all.Trades++
			all.Hash = mix(all.Hash, e.hash, r.GetNumber())
			e.hash = all.Hash
			host.Signal("counted", "victim", fmt.Sprintf("%d %x", all.Trades, all.Hash), nil)
			if all.Trades%3 == 0 {
				host.Signal("third", "victim", fmt.Sprint(all.Trades), map[string]string{"gaps": fmt.Sprint(all.Gaps), "retracted": fmt.Sprint(all.Retracted)})
			}
			return nil
		},
		OnRetract: func(slot uint64) error {
			all.Retracted++
			host.Signal("retracted", "victim", fmt.Sprint(slot), nil)
			return nil
		},
		OnJournalGap: func(g *sdk.JournalGap) error {
			all.Gaps++
			host.Signal("lost", "victim", fmt.Sprintf("%d to %d: %s", g.GetFromNumber(), g.GetToNumber(), g.GetReason()), nil)
			return nil
		},
	}
}

func stateVersion() uint32 {
	if version == "1.2.3" {
		return 1
	}
	return 2
}

func mix(numbers ...uint64) uint64 {
	h := fnv.New64a()
	for _, n := range numbers {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, n))
	}
	return h.Sum64()
}
