package decode

import (
	"syscall"
	"testing"

	"github.com/weir-run/weir/host/internal/geyser"
)

// BenchmarkDecode takes real transactions by venue, and all of the corpus in turn.
func BenchmarkDecode(b *testing.B) {
	dir := corpusDir(b)
	groups := map[string][]*geyser.Transaction{}
	for _, path := range corpusFiles(b, dir) {
		tx := loadTransaction(b, path)
		groups["all"] = append(groups["all"], tx)
		for _, r := range New(Options{}).Decode(tx) {
			if t := r.GetTrade(); t != nil {
				groups[t.Venue.String()] = append(groups[t.Venue.String()], tx)
				break
			}
		}
	}
	for _, name := range []string{"VENUE_PUMP", "VENUE_PUMPSWAP", "VENUE_RAYDIUM_V4", "VENUE_RAYDIUM_CPMM", "VENUE_RAYDIUM_CLMM", "VENUE_RAYDIUM_LAUNCHLAB", "all"} {
		b.Run(name, func(b *testing.B) {
			txs := groups[name]
			d := New(Options{})
			for _, tx := range txs {
				d.Decode(tx)
			}
			b.ReportAllocs()
			i, records := 0, 0
			before := spent(b)
			for b.Loop() {
				records += len(d.Decode(txs[i%len(txs)]))
				i++
			}
			b.ReportMetric(float64(records)/float64(b.N), "records/op")
			b.ReportMetric(float64(spent(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// spent is the processor time of the process in nanoseconds: what a benchmark costs on a machine that others use too.
func spent(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
