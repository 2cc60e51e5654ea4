// Package geysersim is a Yellowstone-compatible server: it takes blocks from a Source (a corpus of real transactions, a capture, a
// generated market) and serves them over the real protocol, in process or on a port, with the faults of real providers on demand.
//
// It is written from the observed behaviour of Yellowstone servers, plugin line 15.1 with protocol 12.6. What it has:
//
//   - Subscribe: headers and a ping at once, pings, pongs; requests replace all filters, waiting ones are coalesced; all transaction
//     filters but cuckoo and token_accounts, which are refused; slots, blocks, blocks_meta; accounts and entries are accepted and
//     give nothing; the three commitment levels with their order of messages; from_slot with its errors, its overlap and its hole
//     at processed.
//   - Bounds and their texts: token, opens in a window, streams, filters, keys, filter names, a full queue.
//   - The unary methods, SubscribeReplayInfo, health. SubscribeDeshred is unimplemented, as on nodes without it.
//   - Faults, for one stream, for a connection, for the chain or for the server: from a text, see Script and Server.Play, or by the
//     methods DropStreams, CloseCleanly, Silence, Delay, DuplicateEvery, OmitEvery, Refuse, ControlOpen, ControlReplay,
//     ResetConnections and Do. Mirror makes a second provider of the same chain.
//   - Dialects: what Richat, Shyft and LaserStream say and do differently.
//   - gzip and zstd for clients that advertise it, plain HTTP/2 and TLS.
//
// What it does not have: accounts, entries, cuckoo and token_accounts, forks of more than one block.
//
// The package stands alone: with the stubs of Yellowstone, or any other client, it is all that a test of a stream needs.
package geysersim
