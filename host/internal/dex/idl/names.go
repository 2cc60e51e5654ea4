package idl

import (
	"crypto/sha256"
	"unicode"
)

// tagLen is the length of discriminators that Anchor computes.
const tagLen = 8

// discriminator is how Anchor computes one: the first bytes of SHA-256 of "space:name".
func discriminator(space, name string) []byte {
	sum := sha256.Sum256([]byte(space + ":" + name))
	return sum[:tagLen]
}

// snake turns a camelCase name of the 0.29 form into what the program's source has. A word begins at a capital behind a small letter
// (buyExact: buy_exact), and at the last capital of several when a small letter follows (swapV2Exact: swap_v2_exact). Digits belong to
// the word before them. Names in snake case stay as they are.
func snake(name string) string {
	runes := []rune(name)
	out := make([]rune, 0, len(runes)+8)
	var before rune // the last letter, behind which digits may stand
	for i, c := range runes {
		if unicode.IsUpper(c) {
			follows := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if i > 0 && runes[i-1] != '_' && (unicode.IsLower(before) || unicode.IsUpper(before) && follows) {
				out = append(out, '_')
			}
		}
		if unicode.IsLetter(c) {
			before = c
		}
		out = append(out, unicode.ToLower(c))
	}
	return string(out)
}
