package sqldb

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Amounts are exact. PostgreSQL keeps them as NUMERIC(20) and NUMERIC(39). SQLite has no such type: it keeps what fits 64 bits with a
// sign as INTEGER, and the rare rest as text of all 20 or 39 digits. SQLite sorts integers before text and text by its digits, so both
// databases sort and compare alike; its sum() is exact as long as it fits 64 bits and fails, rather than rounds, past that.

const (
	amountDigits = 20 // of 2^64
	wideDigits   = 39 // of 2^128
)

// Amount is the value of an amount column.
func Amount(n uint64) any {
	if n <= math.MaxInt64 {
		return int64(n)
	}
	return pad(strconv.FormatUint(n, 10), amountDigits)
}

// Wide is the value of a wide column for decimal text of up to 39 digits; nil for what is no such text.
func Wide(decimal string) any {
	decimal = strings.TrimLeft(decimal, "0")
	if len(decimal) > wideDigits || strings.Trim(decimal, "0123456789") != "" {
		return nil
	}
	if decimal == "" {
		return int64(0)
	}
	if n, err := strconv.ParseInt(decimal, 10, 64); err == nil {
		return n
	}
	return pad(decimal, wideDigits)
}

func pad(digits string, to int) string { return strings.Repeat("0", to-len(digits)) + digits }

// ScanAmount reads an amount column.
type ScanAmount struct{ To *uint64 }

// Scan takes what a driver read.
func (s ScanAmount) Scan(from any) error {
	text, err := decimalOf(from)
	if err != nil {
		return err
	}
	*s.To, err = strconv.ParseUint(text, 10, 64)
	return err
}

// ScanAmountOr reads an amount column that may be absent.
type ScanAmountOr struct{ To **uint64 }

// Scan takes what a driver read.
func (s ScanAmountOr) Scan(from any) error {
	if *s.To = nil; from == nil {
		return nil
	}
	*s.To = new(uint64)
	return ScanAmount{*s.To}.Scan(from)
}

// ScanWide reads a wide column as decimal text, empty when it is absent.
type ScanWide struct{ To *string }

// Scan takes what a driver read.
func (s ScanWide) Scan(from any) error {
	if *s.To = ""; from == nil {
		return nil
	}
	text, err := decimalOf(from)
	if err != nil {
		return err
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return fmt.Errorf("%q is not a whole number", text)
	}
	*s.To = n.String()
	return nil
}

func decimalOf(from any) (string, error) {
	switch v := from.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	default:
		return "", fmt.Errorf("a number came as %T", from)
	}
}

// Text makes a string fit for both databases: PostgreSQL takes no zero byte and only UTF-8, and names on a chain and what servers say hold
// anything.
func Text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// JSON does the same for JSON text.
func JSON(s string) string {
	if !strings.Contains(s, `\u0000`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], `\u0000`):
			b.WriteString(`\ufffd`)
			i += 5
		case s[i] == '\\' && i+1 < len(s): // an escape of two: its second half begins none
			b.WriteString(s[i : i+2])
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
