// Package backfill fetches what streams could not give: it takes the missing slots of the ledger, asks an RPC node for the transactions of
// the watched programs in them, and gives those to the pipeline like any others. It runs only where an RPC node is configured.
//
// A slot counts as healed only when the node proves that it has the slot and everything before it that is asked for: a node that is behind,
// or that has dropped old blocks, answers with empty lists and not with errors.
package backfill
