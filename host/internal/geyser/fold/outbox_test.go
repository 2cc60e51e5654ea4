package fold

import (
	"strconv"
	"testing"
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func ask(t *testing.T, programs ...string) *geyserpb.SubscribeRequest {
	t.Helper()
	r, err := Request([]Group{{Name: "g", Programs: programs}}, AllGroups(1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSameRequestIsNotSentAgain(t *testing.T) {
	start := time.Now()
	o := NewOutbox(ask(t, "A"), 0)
	o.Want(ask(t, "A"), start)
	if r, wait := o.Next(start.Add(time.Hour)); r != nil || wait != 0 {
		t.Errorf("sent %v, wait %v", r, wait)
	}
	// There and back before it was sent is no change.
	o.Want(ask(t, "A", "B"), start)
	o.Want(ask(t, "A"), start)
	if r, wait := o.Next(start.Add(time.Hour)); r != nil || wait != 0 {
		t.Errorf("sent %v, wait %v", r, wait)
	}
	// A slot to replay from is a reason of its own.
	replay := ask(t, "A")
	replay.FromSlot = new(uint64(7))
	o.Want(replay, start)
	if r, _ := o.Next(start.Add(Coalesce)); r != replay || o.Served() != replay {
		t.Errorf("sent %v", r)
	}
	if !Same(replay, ask(t, "A")) || Same(ask(t, "A"), ask(t, "B")) || Same(nil, replay) || !Same(nil, nil) {
		t.Error("Same is wrong")
	}
	if replay.GetFromSlot() != 7 {
		t.Error("comparing changed the request")
	}
}

func TestChangesAreCoalesced(t *testing.T) {
	start := time.Now()
	o := NewOutbox(nil, 0)
	var sent []time.Duration
	for at := time.Duration(0); at < time.Second; at += 10 * time.Millisecond {
		if at < 150*time.Millisecond {
			o.Want(ask(t, at.String()), start.Add(at))
		}
		r, _ := o.Next(start.Add(at))
		if r != nil {
			sent = append(sent, at)
		}
	}
	// Not put off for ever by changes that go on.
	if len(sent) != 2 || sent[0] != 100*time.Millisecond || sent[1] != 210*time.Millisecond {
		t.Errorf("sent at %v", sent)
	}
	if !Same(o.Served(), ask(t, "140ms")) {
		t.Errorf("the last one sent is %v", o.Served())
	}
}

func TestUpdatesKeepToTheProvidersRate(t *testing.T) {
	const perSecond = 3
	start := time.Now()
	o := NewOutbox(nil, perSecond)
	var sent []time.Time
	changes := 0
	for now := start; now.Before(start.Add(5 * time.Second)); changes++ {
		o.Want(ask(t, strconv.Itoa(changes)), now)
		r, wait := o.Next(now)
		switch {
		case r != nil:
			sent = append(sent, now)
		case wait <= 0:
			t.Fatalf("after %v nothing is to be sent, though there is a change", now.Sub(start))
		default:
			now = now.Add(wait)
		}
	}
	for i := perSecond; i < len(sent); i++ {
		if d := sent[i].Sub(sent[i-perSecond]); d < time.Second {
			t.Errorf("%d updates within %v", perSecond+1, d)
		}
	}
	if len(sent) != 15 {
		t.Errorf("%d updates in 5 s, %d are allowed", len(sent), 5*perSecond)
	}
}
