package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/parts"
)

// Invariant 6, for the whole house: after everything that a house keeps was given a
// telltale word (cases with their files, drafts and mails, mail on every shelf, what is
// published for a few, bills of materials, filters, invitations, names of tokens), no file
// of its data folder holds the word, plain or in base64, and neither does its log.
func TestCanaryOfAWholeHouse(t *testing.T) {
	m := newMatrix(t)
	ctx := context.Background()
	lead := actorOf(m.lead)
	for _, shelf := range []inbox.State{inbox.Unsorted, inbox.Spam, inbox.Aside, inbox.Waiting} {
		m.stand(m.foreign, shelf)
	}
	m.invitationOf(m.foreign)
	m.deadOf(m.foreign)
	m.must(filters.New(m.h.Store, m.h.Vault, m.h.Options.Clock.Now).Keep(ctx, lead, canary, "q="+canary))
	_, err := m.h.Parts.Add(ctx, lead, billOf(canary, "1.0", "pkg:generic/"+canary+"@1.0"))
	m.must(err)
	found, _, err := m.h.Parts.Find(ctx, lead, parts.Question{Name: canary})
	if err != nil || len(found) == 0 {
		t.Fatalf("the bill is not kept: %v", err)
	}
	m.add(canary, cvd.RoleMember)
	m.must(m.h.Book.Suggest(ctx, canary))
	callers := m.callers()
	for _, route := range []string{"GET /desk/cases/{id}", "GET /desk/mail/{id}", "GET /desk/cases/{id}/mails/{seq}", "GET /advisories/{id}/{file...}", "POST /desk/cases/{id}/do/{verb}"} {
		for _, c := range callers {
			m.ask(m.request(route, m.foreign, c))
		}
	}
	var words [][]byte
	for shift := range 3 {
		s := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), canary...))
		words = append(words, []byte(s[4:len(s)-2]))
	}
	looked := 0
	m.must(filepath.WalkDir(m.h.Config.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		looked += len(b)
		for _, word := range append(words, []byte(canary)) {
			if bytes.Contains(bytes.ToLower(b), word) || bytes.Contains(b, word) {
				err = errors.Join(err, errors.New(path+" holds the word"))
			}
		}
		return err
	}))
	if looked < 100<<10 {
		t.Errorf("the search looked at %d bytes only", looked)
	}
	if bytes.Contains(m.log.Bytes(), []byte(canary)) {
		t.Error("the log holds the word")
	}
}
