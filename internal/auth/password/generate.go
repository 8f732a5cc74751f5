//go:build ignore

// Command generate writes common.bin from lists of passwords by how often people
// chose them, one a line, the most frequent first:
//
//	go run generate.go LIST...
//
// The present table was made of the first million of the 10 million passwords that
// Mark Burnett published, as kept in SecLists (MIT licence, Daniel Miessler), and of
// the first 100,000 of PWDB (MIT licence, Ata Hakçıl). Of each list it takes the
// first 10,000 that have the length a password must have here. Only the beginnings
// of their digests are kept.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"log"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	minChars, maxChars = 12, 128 // as in strength.go
	size               = 8       // as in common.go
	ofEach             = 10_000
)

func main() {
	log.SetFlags(0)
	var prints [][]byte
	for _, path := range os.Args[1:] {
		f, err := os.Open(path)
		if err != nil {
			log.Fatal(err)
		}
		seen := map[string]bool{}
		lines := bufio.NewScanner(f)
		for lines.Scan() && len(seen) < ofEach {
			word := strings.ToLower(strings.TrimRight(lines.Text(), "\r"))
			if n := utf8.RuneCountInString(word); n < minChars || n > maxChars || seen[word] || !utf8.ValidString(word) {
				continue
			}
			seen[word] = true
			sum := sha256.Sum256([]byte(word))
			prints = append(prints, sum[:size])
		}
		if err := lines.Err(); err != nil {
			log.Fatal(err)
		}
		f.Close()
		log.Printf("%s: %d", path, len(seen))
	}
	slices.SortFunc(prints, bytes.Compare)
	prints = slices.CompactFunc(prints, bytes.Equal)
	if err := os.WriteFile("common.bin", bytes.Join(prints, nil), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Print(len(prints))
}
