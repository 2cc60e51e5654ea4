package corpus

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/geysersim"
)

// Blocks is a geysersim.Source over blocks in memory. One goroutine at a time.
type Blocks struct {
	blocks []*geysersim.Block
	next   int
}

// Next gives the next block, and io.EOF after the last.
func (b *Blocks) Next(context.Context) (*geysersim.Block, error) {
	if b.next == len(b.blocks) {
		return nil, io.EOF
	}
	b.next++
	return b.blocks[b.next-1], nil
}

// Rewind makes Next begin again with the first block.
func (b *Blocks) Rewind() { b.next = 0 }

// All gives every block in order. They must not be changed.
func (b *Blocks) All() []*geysersim.Block { return b.blocks }

// LoadDir reads a folder of *.json and *.json.gz files, or, where it has folders named blocks or tx, those two. See NewBlocks for how
// the transactions become blocks. Any file that cannot be read fails the whole: the error names file and field.
func LoadDir(dir string) (*Blocks, error) {
	folders := []string{dir}
	for _, name := range []string{"blocks", "tx"} { // blocks first: theirs know the index
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.IsDir() {
			folders = append(folders, filepath.Join(dir, name))
		}
	}
	if len(folders) > 1 {
		folders = folders[1:]
	}
	var all []Loaded
	for _, folder := range folders {
		loaded, err := loadFolder(folder)
		if err != nil {
			return nil, err
		}
		all = append(all, loaded...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no *.json or *.json.gz file in it", dir)
	}
	return NewBlocks(all), nil
}

func loadFolder(folder string) ([]Loaded, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all []Loaded
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".json") {
			continue
		}
		loaded, err := LoadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, loaded...)
	}
	return all, nil
}

// NewBlocks groups transactions by slot, in ascending order of slots. Within a slot, those whose index is known come first, in its
// order; the others follow in the order given and get the next free indexes. A transaction that comes twice in a slot counts once,
// the first time. All transactions without a slot make up one more block, one slot after the highest. It sets Info.Index. A parent that is not
// the block before is 0, as if it were not known.
func NewBlocks(all []Loaded) *Blocks {
	last := uint64(0)
	for _, l := range all {
		last = max(last, l.Slot)
	}
	bySlot := make(map[uint64][]Loaded)
	for _, l := range all {
		slot := l.Slot
		if !l.SlotKnown {
			slot = last + 1
		}
		bySlot[slot] = append(bySlot[slot], l)
	}
	out := &Blocks{}
	for slot, group := range bySlot {
		out.blocks = append(out.blocks, newBlock(slot, group))
	}
	slices.SortFunc(out.blocks, func(a, b *geysersim.Block) int { return cmp.Compare(a.Slot, b.Slot) })
	orphan(out.blocks)
	return out
}

// orphan takes away the parents that are not in the source: a client that follows parents would otherwise take years of slots for lost.
func orphan(blocks []*geysersim.Block) {
	for i, b := range blocks {
		if i == 0 || b.Parent != blocks[i-1].Slot {
			b.Parent = 0
		}
	}
}

func newBlock(slot uint64, group []Loaded) *geysersim.Block {
	block := &geysersim.Block{Slot: slot}
	slices.SortStableFunc(group, func(a, b Loaded) int {
		return cmp.Compare(a.order(), b.order())
	})
	seen := make(map[string]bool, len(group))
	free := uint64(0)
	for _, l := range group {
		if seen[string(l.Info.GetSignature())] {
			continue
		}
		seen[string(l.Info.GetSignature())] = true
		if !l.IndexKnown {
			l.Info.Index = free
		}
		free = l.Info.GetIndex() + 1
		block.Transactions = append(block.Transactions, geysersim.Transaction{Info: l.Info})
		if h := l.header; h != nil {
			block.Parent, block.Height, block.Hash, block.ParentHash = h.ParentSlot, h.BlockHeight, h.Blockhash, h.PreviousBlockhash
		}
		if l.BlockTime != nil {
			block.Time = *l.BlockTime
		}
	}
	return block
}

// order is where a transaction stands in its block; those without index come last.
func (l *Loaded) order() uint64 {
	if !l.IndexKnown {
		return math.MaxUint64
	}
	return l.Info.GetIndex()
}
