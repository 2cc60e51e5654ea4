package dextest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Account is one account of the corpus. Pubkey is empty where it is not known.
type Account struct {
	File, Pubkey, Owner string
	Data                []byte
}

// Accounts returns the corpus's accounts whose file name begins so.
func Accounts(tb testing.TB, prefix string) []Account {
	tb.Helper()
	dir := filepath.Join(Corpus(tb), "accounts")
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var all []Account
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		var a struct {
			Pubkey, Owner string
			Data          []string
		}
		if err := json.Unmarshal(text, &a); err != nil || len(a.Data) == 0 {
			tb.Fatalf("%s: %v", entry.Name(), err)
		}
		data, err := base64.StdEncoding.DecodeString(a.Data[0])
		if err != nil {
			tb.Fatalf("%s: %v", entry.Name(), err)
		}
		all = append(all, Account{entry.Name(), a.Pubkey, a.Owner, data})
	}
	if len(all) == 0 {
		tb.Fatalf("the corpus has no account %s*", prefix)
	}
	return all
}
