package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLiveStream follows a running daemon by server-sent events, with a reader that comes and goes: what it has in the end is what is
// stored, in order, nothing missing and nothing twice.
func TestLiveStream(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	c := serve(t, seed, 100)
	file, data := configure(t, c.url)
	address := listenAndClose(t)
	appendTo(t, file, fmt.Sprintf("http: {listen: %q}\n", address))
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the API answers", func() bool {
		code, _ := get(address, "/api/v1/status")
		return code == http.StatusOK
	})
	random := rand.New(rand.NewPCG(seed, 9))
	var got []string
	last := "0.1~0" // before all
	reading := func(most int) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var read []string
		read, last = readStream(ctx, t, "http://"+address+"/api/v1/stream", last, most)
		got = append(got, read...)
	}
	for c.played() < c.slots {
		reading(1 + random.IntN(300))
	}
	verify(t, c, data)
	events := readEvents(t, data)
	for deadline := time.Now().Add(30 * time.Second); len(got) < len(events) && time.Now().Before(deadline); {
		reading(len(events) - len(got))
	}
	if len(got) != len(events) {
		t.Fatalf("%d outputs came by the stream, %d are stored", len(got), len(events))
	}
	for i, e := range events {
		if want := fmt.Sprintf("%s %s.%d", e.Instance, e.Cause, e.Index); got[i] != want {
			t.Fatalf("output %d is %s by the stream, %s stored", i, got[i], want)
		}
	}
	if code, body := get(address, "/api/v1/events?limit=0"); code != http.StatusBadRequest || !strings.Contains(body, `"parameter":"limit"`) {
		t.Errorf("limit=0: %d %s", code, body)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// readStream reads outputs after an id, at most so many, and returns them with the id of the last.
func readStream(ctx context.Context, t *testing.T, url, last string, most int) (got []string, _ string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", last)
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	id := ""
	for len(got) < most && lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "data":
			var e event
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				if lines.Err() != nil || ctx.Err() != nil {
					return got, last // cut off within the line
				}
				t.Fatalf("%q: %v", value, err)
			}
			got, last = append(got, fmt.Sprintf("%s %s.%d", e.Instance, e.Cause, e.Index)), id
		}
	}
	return got, last
}
