// Package decode turns transactions into records: trades, launches, completions, migrations, pools and liquidity of pump,
// PumpSwap and Raydium (AMM v4, CPMM, CLMM, LaunchLab). It knows no network and no storage, and it keeps nothing of one transaction for the next but
// the mint addresses it has already read.
//
// For every instruction of a venue the strategies answer in the order of eventv1.Strategy, and the first answer is the
// record: the event that the program sent to itself, the same event (or Raydium's ray_log) in the logs, the instruction's
// arguments with the token transfers below it, and the balances around the transaction. The last two speak only where the
// amounts are certain; otherwise nothing is emitted and Stats counts it as unresolved.
package decode
