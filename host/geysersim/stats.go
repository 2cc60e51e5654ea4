package geysersim

import (
	"sync/atomic"
	"time"
)

// Produced counts what was played so far, whoever saw it.
type Produced struct {
	Slots, Transactions uint64
	// Behind is how late the newest block was sealed. When it grows, the machine cannot keep the pace.
	Behind time.Duration
}

// Served counts what a server did since it was made.
type Served struct {
	Produced
	// Updates counts all updates but pings and pongs,
	// TransactionUpdates the transactions among them, Bytes their size without framing.
	Updates, TransactionUpdates, Bytes uint64
	// Opens counts Subscribe calls, Refused those that the token, the budget, the cap or a fault turned away.
	Opens, Refused uint64
	// Open is the number of streams open now.
	Open int64
	// Requests counts subscribe requests that were applied, Pongs answered pings, Replays requests with from_slot that were served.
	Requests, Pongs, Replays uint64
	// Lagged counts streams cut because they could not keep up, Faulted those ended by DropStreams, CloseCleanly or a script.
	Lagged, Faulted uint64
}

// counters are the live form of Served.
type counters struct {
	updates, transactions, bytes, opens, accepted, refused, requests, pongs, replays, lagged, faulted atomic.Uint64
	open                                                                                              atomic.Int64
}

// Served gives the counters. They are read one by one: exact only while nothing moves.
func (s *Server) Served() Served {
	c := &s.counters
	s.chain.mu.Lock()
	produced := s.chain.produced
	s.chain.mu.Unlock()
	return Served{
		Produced: produced, Updates: c.updates.Load(), TransactionUpdates: c.transactions.Load(), Bytes: c.bytes.Load(),
		Opens: c.opens.Load(), Refused: c.refused.Load(), Open: c.open.Load(), Requests: c.requests.Load(), Pongs: c.pongs.Load(),
		Replays: c.replays.Load(), Lagged: c.lagged.Load(), Faulted: c.faulted.Load(),
	}
}
