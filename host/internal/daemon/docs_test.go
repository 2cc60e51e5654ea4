package daemon

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheMessagesOfTheDocumentExist: who looks for a line of the log in the document must find it.
func TestTheMessagesOfTheDocumentExist(t *testing.T) {
	text, err := os.ReadFile("../../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| message contains |")
	table, _, found := strings.Cut(table, "\n\n")
	if !found {
		t.Fatal("docs/operating.md has no table of messages")
	}
	said := sources(t) + "address already in use" // the operating system says it
	rows := strings.Split(table, "\n")[2:]
	for _, row := range rows {
		message := strings.Split(row, "|")[1]
		for part := range strings.FieldsFuncSeq(message, func(r rune) bool { return r == '…' || r == ',' }) {
			if part = strings.TrimSpace(part); part != "" && !strings.Contains(said, part) {
				t.Errorf("no message has %q", part)
			}
		}
	}
}

// sources are the texts of all programs of the host but tests.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
