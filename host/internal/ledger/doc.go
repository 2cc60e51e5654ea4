// Package ledger keeps what is known of every slot for every group of subscriptions: complete, empty, dead, backfilled or missing. In come
// block metas with the groups that they prove, and gaps; out come the rows of weir gaps, what still has to be fetched, and, at commitment
// processed, the slots that must be retracted.
//
// Only what is not complete or empty is durable, one small row for each run of slots. The rest follows from the frontier of the journal:
// what lies before it and in no row is complete.
package ledger
