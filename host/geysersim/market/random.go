package market

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
)

// keyMaker gives unique keys and signatures out of a seed and a counter: cheap, and never the same twice.
type keyMaker struct {
	seed    uint64
	counter uint64
}

// mix is the finaliser of splitmix64: a bijection, so different counters give different words.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fill writes len(b)/8 words that only this call can give.
func (k *keyMaker) fill(b []byte) {
	k.counter++
	first := mix(k.seed ^ k.counter)
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], first)
		first = mix(first ^ k.seed)
	}
}

// next returns a fresh key.
func (k *keyMaker) next() dex.Key {
	var key dex.Key
	k.fill(key[:])
	return key
}

// between returns a number in [low, high].
func between(r *rand.Rand, low, high uint64) uint64 {
	return low + r.Uint64N(high-low+1)
}

// chance is true in share of all calls.
func chance(r *rand.Rand, share float64) bool {
	return r.Float64() < share
}

// pick returns one of list.
func pick[T any](r *rand.Rand, list []T) T {
	return list[r.IntN(len(list))]
}

var (
	adjectives = []string{
		"Tiny", "Angry", "Golden", "Lazy", "Cosmic", "Based", "Silent", "Electric", "Holy", "Pixel", "Frozen", "Turbo",
		"Sleepy", "Royal", "Neon", "Crispy", "Wild", "Lucky", "Quantum", "Salty",
	}
	nouns = []string{
		"Otter", "Pepe", "Goblin", "Rocket", "Badger", "Noodle", "Wizard", "Capybara", "Toast", "Moose", "Beaver", "Heron",
		"Salmon", "Pike", "Mill", "Crab", "Frog", "Pigeon", "Yeti", "Walrus",
	}
	tails = []string{"", "", "", " Coin", " Inu", " AI", " 🌊", " Ωmega", " CTO"}
)

// names returns a name, a symbol and the address of metadata, as people make them up: not unique, and not always plain ASCII.
func names(r *rand.Rand) (name, symbol, uri string) {
	first, second := pick(r, adjectives), pick(r, nouns)
	name = first + " " + second + pick(r, tails)
	symbol = strings.ToUpper(first[:2] + second[:min(len(second), 3+r.IntN(2))])
	const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	id := []byte("https://ipfs.io/ipfs/Qm")
	for range 44 {
		id = append(id, letters[r.IntN(len(letters))])
	}
	return name, symbol, string(id)
}
