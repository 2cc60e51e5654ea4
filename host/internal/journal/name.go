package journal

import (
	"fmt"
	"strings"
)

// checkName refuses instance and table names that cannot be part of a NATS subject.
func checkName(name string) error {
	bad := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, bad) {
		return fmt.Errorf("name %q: use up to 100 letters, digits, dashes and underscores", name)
	}
	return nil
}
