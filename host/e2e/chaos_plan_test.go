package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// class names a kind of fault. All but the last group strike one endpoint.
type class string

const (
	control     class = "nothing (control)"
	unavailable class = "UNAVAILABLE"
	lagged      class = "INTERNAL lagged"
	dataLoss    class = "DATA_LOSS"
	otherCode   class = "other codes"
	cleanEnd    class = "clean EOF"
	reset       class = "RST"
	silence     class = "silence"
	late        class = "late updates"
	duplicates  class = "duplicates"
	refusal     class = "refused opens"
	replayOlder class = "replay: too new"
	replayNewer class = "replay: too old"
	replayDrop  class = "drop in replay"
	flapping    class = "three drops"
	shutOut     class = "shut out"

	pluginKill class = "plugin kill -9"
	pluginStop class = "plugin SIGSTOP"
	hostKill   class = "host kill -9"
)

// mix says how often each class strikes, as weights against each other.
var mix = []struct {
	class  class
	weight int
}{
	{control, 5},
	{unavailable, 12},
	{lagged, 8},
	{dataLoss, 6},
	{otherCode, 6},
	{cleanEnd, 8},
	{reset, 10},
	{silence, 6},
	{late, 5},
	{duplicates, 4},
	{refusal, 6},
	{replayOlder, 3},
	{replayNewer, 4},
	{replayDrop, 6},
	{flapping, 3},
	{shutOut, 1},
	{pluginKill, 4},
	{pluginStop, 3},
	{hostKill, 6},
}

// strike is one entry of a schedule.
type strike struct {
	at    time.Duration
	class class
	// endpoint and plugin are what it hits, where the class hits one.
	endpoint int
	plugin   string
	// hold is how long a fault that lasts does, n a number that some faults want, pick one of a class's variants.
	hold time.Duration
	n    int
	pick int
}

func (s strike) String() string {
	return fmt.Sprintf("%7.3fs %-18s endpoint %d, %s, hold %s, n %d, pick %d", s.at.Seconds(), s.class, s.endpoint, s.plugin, s.hold, s.n, s.pick)
}

// warmUp is played undisturbed. The replay store of a real server holds minutes; with one that has only just begun, a host is right not to
// ask for a margin in an open stream.
const warmUp = 10 * time.Second

// schedule says what strikes within a time after that: about one fault a second. The same seed gives the same one.
func schedule(seed uint64, length time.Duration, endpoints int) []strike {
	random := rand.New(rand.NewPCG(seed, 5))
	total := 0
	for _, m := range mix {
		total += m.weight
	}
	between := func(low, high time.Duration) time.Duration {
		return low + time.Duration(random.Int64N(int64(high-low)))
	}
	var out []strike
	for at := warmUp; at < warmUp+length; at += between(500*time.Millisecond, 1500*time.Millisecond) {
		s := strike{
			at: at, endpoint: random.IntN(endpoints), plugin: []string{"lifecycle", "trading", "liquidity"}[random.IntN(3)],
			hold: between(200*time.Millisecond, 1200*time.Millisecond).Round(time.Millisecond), n: 1 + random.IntN(1500), pick: random.IntN(1 << 10),
		}
		draw := random.IntN(total)
		for _, m := range mix {
			if draw -= m.weight; draw < 0 {
				s.class = m.class
				break
			}
		}
		if s.class == shutOut {
			// A host rightly stays away from such an endpoint for minutes. That must not be the last or last but one.
			if s.endpoint = endpoints - 1; endpoints < 3 {
				s.class = unavailable
			}
		}
		out = append(out, s)
	}
	return out
}
