package password

import (
	"crypto/sha256"
	_ "embed" // the table
	"sort"
	"strings"
)

// printSize is how many bytes of a digest stand in the table: enough that no
// password is taken for another.
const printSize = 8

// prints are the beginnings of the SHA-256 digests, sorted, of the passwords that
// people chose most often, in small letters, as far as they are long enough to be
// taken. It is made by generate.go from lists that it names. As a part of the program
// it is looked up where it lies and takes no memory of its own.
//
//go:embed common.bin
var prints string

// common tells whether s is, but for capitals, among the passwords that people
// choose most often (ASVS 5.0.0 V6.2.4).
func common(s string) bool {
	sum := sha256.Sum256([]byte(strings.ToLower(s)))
	print := string(sum[:printSize])
	n := len(prints) / printSize
	at := sort.Search(n, func(i int) bool { return prints[i*printSize:(i+1)*printSize] >= print })
	return at < n && prints[at*printSize:(at+1)*printSize] == print
}
