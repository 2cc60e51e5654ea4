package geysersim_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

var update = flag.Bool("update", false, "write what came as what is wanted")

// player is a client that follows the lines of a file named client:
//
//	world N [replay N] [unpaced]     the chain has N slots from 1000 on; must come first
//	open WORDS                       opens a stream with a request and uses it
//	send WORDS                       sends a request in the used stream
//	use N                            uses the N-th opened stream
//	read N                           reads N updates, or up to the end of the stream
//	wait DURATION                    lets time go by
//
// The words of a request are kinds (tx, failed, meta, slots, interslot, blocks, any number of keys=N), a level, from N and token T.
type player struct {
	*testing.T
	server  *geysersim.Server
	client  geyserpb.GeyserClient
	start   time.Time
	streams []subscription
	used    subscription
	out     bytes.Buffer
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			script, err := geysersim.ParseScript(name, text)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(text)
			var got []byte
			synctest.Test(t, func(t *testing.T) { got = play(t, script, part(archive, "client")) })
			if want := part(archive, "want"); bytes.Equal(got, want) {
				return
			} else if !*update {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			archive.Files = append(archive.Files, txtar.File{Name: "want", Data: got})
			if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func part(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// play follows the client's lines and gives what came, each with its time.
func play(t *testing.T, script *geysersim.Script, client []byte) []byte {
	t.Helper()
	p := &player{T: t, start: time.Now()}
	for line := range strings.Lines(string(client)) {
		words := strings.Fields(line)
		switch words[0] {
		case "world":
			p.world(script, words[1:])
		case "open":
			ctx, r := p.request(words[1:])
			stream, err := p.client.Subscribe(ctx)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // streams are accepted in the order of the lines
			send(t, stream, r)
			synctest.Wait()
			p.used = stream
			p.streams = append(p.streams, stream)
		case "send":
			_, r := p.request(words[1:])
			send(t, p.used, r)
		case "use":
			p.used = p.streams[p.number(words[1])-1]
		case "read":
			p.read(p.number(words[1]))
		case "wait":
			d, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return p.out.Bytes()
}

func (p *player) number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		p.Fatal(err)
	}
	return n
}

func (p *player) world(script *geysersim.Script, words []string) {
	o := geysersim.Options{Source: world(p.number(words[0])), KeepTruth: true}
	for i, word := range words {
		switch word {
		case "replay":
			o.ReplaySlots = p.number(words[i+1])
		case "unpaced":
			o.Unpaced = true
		}
	}
	p.server, p.client = serve(p, o)
	p.server.Play(script)
}

func (p *player) request(words []string) (context.Context, *geyserpb.SubscribeRequest) {
	r := &geyserpb.SubscribeRequest{Transactions: map[string]*txFilter{}, BlocksMeta: map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{}}
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	p.Cleanup(cancel)
	token := ""
	for len(words) > 0 {
		word, rest := words[0], words[1:]
		switch word {
		case "tx":
			r.Transactions["t"] = &txFilter{}
		case "failed":
			r.Transactions["f"] = &txFilter{Failed: new(true)}
		case "meta":
			r.BlocksMeta["m"] = &geyserpb.SubscribeRequestFilterBlocksMeta{}
		case "slots", "interslot":
			r.Slots = map[string]*geyserpb.SubscribeRequestFilterSlots{"s": {InterslotUpdates: new(word == "interslot")}}
		case "blocks":
			r.Blocks = map[string]*geyserpb.SubscribeRequestFilterBlocks{"b": {}}
		case "processed", "confirmed", "finalized":
			r.Commitment = new(geyserpb.CommitmentLevel(slices.Index([]string{"processed", "confirmed", "finalized"}, word)))
		case "from":
			r.FromSlot, rest = new(uint64(p.number(rest[0]))), rest[1:]
		case "token":
			token, rest = rest[0], rest[1:]
		case "keys":
			f := &txFilter{}
			for i := range p.number(rest[0]) {
				f.AccountInclude = append(f.AccountInclude, keyText(i))
			}
			r.Transactions["k"], rest = f, rest[1:]
		default:
			p.Fatalf("unknown word %q", word)
		}
		words = rest
	}
	return withToken(ctx, token), r
}

func (p *player) read(n int) {
	for n > 0 {
		u, err := p.used.Recv()
		at := time.Since(p.start).Round(10 * time.Millisecond)
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintf(&p.out, "%v end\n", at)
			return
		case err != nil:
			fmt.Fprintf(&p.out, "%v %s %q\n", at, status.Code(err), status.Convert(err).Message())
			return
		case u.GetPing() != nil:
			continue
		}
		n--
		fmt.Fprintf(&p.out, "%v %s\n", at, line(u))
	}
}

func TestScriptErrorsNameTheLineAndTheRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"# fine\nat slot 120 drop UNAVAILABLE \"x\"\nat slto 5 end": `f:3: unexpected "slto" behind at: write at slot N`,
		"every 1s explode":                     `f:1: unknown action "explode": choose one of accept, bankreset, clear, compress, dead,`,
		"at slot 5 drop UNAVAIL":               `f:1: unknown status code "UNAVAIL": write one like UNAVAILABLE, INTERNAL or DATA_LOSS`,
		"at slot 5 drop UNAVAILABLE a b":       `f:1: unexpected "b" behind drop: one action a line`,
		"at slot 5 drop UNAVAILABLE \"a b":     `f:1: text "a b has no end: close it with "`,
		"drop UNAVAILABLE":                     `f:1: drop needs a moment: write at slot N, after N updates, after 3s or every 3s in front`,
		"after 5 end":                          `f:1: unexpected "end" behind after 5: write after 5 updates, or a time like 5s`,
		"after x end":                          `f:1: what follows after: a time like 3s, or the number of updates, must be a whole number, not "x"`,
		"stream 0 silence":                     `f:1: streams are counted from 1`,
		"stream 2 dead":                        `f:1: dead does not happen to a stream: leave stream 2 out`,
		"after 3 updates dead":                 `f:1: dead does not happen to a stream: write at slot N or after 3s`,
		"at slot 7 refuse UNAVAILABLE":         `f:1: refuse does not happen to a stream or the chain: write after 3s`,
		"trickle fast":                         `f:1: the bytes a second must be bytes like 5000, 300KB or 64MB, not "fast"`,
		"delay 0":                              `f:1: the delay must be a time like 500ms or 10s, not "0"`,
		"random":                               `f:1: random needs a pace: write every 1s random`,
		"every 1s random of drop,kill":         `f:1: random does not know "kill": choose of drop,`,
		"limit speed 3":                        `f:1: unknown limit "speed": choose opens, streams, filters, pubkeys, requests or any`,
		"dialect french":                       `f:1: unknown dialect "french": choose yellowstone, richat, shyft or laserstream`,
		"compress rar":                         `f:1: unknown compression "rar": choose zstd, gzip or none`,
		"at slot 4 skip 0":                     `f:1: the number of slots must be 1 to 10000, not 0`,
		"about\n-- fault --\nend":              `f: the archive has no file named faults: add a line -- faults -- in front of the script`,
		"about\n-- faults --\n\nat slot 0 end": `f:4: the slot must be at least 1`,
	} {
		_, err := geysersim.ParseScript("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("at slot 120 drop UNAVAILABLE \"away\" # c\nevery 1s random seed=7 of drop,end\nlimit opens 3 in 5s\nstream 2 trickle 5KB for 3s")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := geysersim.ParseScript("f", []byte(text))
		if (script == nil) != (err != nil) {
			t.Errorf("%v and %v", script, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("error without a place: %v", err)
		}
	})
}
