package post_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
)

func open(t testing.TB) *vault.Vault {
	t.Helper()
	st, err := sqlstore.OpenSQLite(context.Background(), filepath.Join(t.TempDir(), "db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	v := vaulttest.Open(t, st, time.Now())
	return v
}

// What we name we know again, in any case of letters, and nothing that differs by one
// character or was made by another server.
func TestTagsComeBack(t *testing.T) {
	v, other := open(t), open(t)
	rapid.Check(t, func(t *rapid.T) {
		id := cvd.NewCaseID("FL", 2026, [6]byte(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "id")))
		seq := rapid.Int64Range(1, 1<<40).Draw(t, "seq")
		fold := func(s string) string {
			if rapid.Bool().Draw(t, "upper") {
				return strings.ToUpper(s)
			}
			return s
		}
		ref, reply, bounce := post.Ref(v, id, seq), post.ReplyTag(v, id, cvd.Reporter), post.BounceTag(v, id, seq)
		if got, n, ok := post.ParseRef(v, fold(ref)+"@mail.example.org"); !ok || got != id || n != seq {
			t.Fatalf("%s: %s %d %v", ref, got, n, ok)
		}
		if got, ok := post.ParseReply(v, "security+"+fold(reply)+"@example.org"); !ok || got != id {
			t.Fatalf("%s: %s %v", reply, got, ok)
		}
		if got, n, ok := post.ParseBounce(v, "security+"+fold(bounce)+"@example.org"); !ok || got != id || n != seq {
			t.Fatalf("%s: %s %d %v", bounce, got, n, ok)
		}
		if post.SeqOf(post.LetterKey(id, seq)) != seq {
			t.Fatal("the key of a letter loses its event")
		}
		i := rapid.IntRange(0, len(ref)-1).Draw(t, "at")
		changed := ref[:i] + string(rapid.SampledFrom([]byte("abz279.")).Draw(t, "to")) + ref[i+1:]
		if _, _, ok := post.ParseRef(v, changed); ok && changed != ref {
			t.Fatalf("%s is taken for %s", changed, ref)
		}
		if _, _, ok := post.ParseRef(other, ref); ok {
			t.Fatal("another server's letter is ours")
		}
	})
}

func FuzzTags(f *testing.F) {
	v := open(f)
	for _, s := range []string{"", "+", "a+b@c", "fl-2026-2222222.1.a", "security+r.fl-2026-2222222.aaaa@example.org", "s+b.fl-2026-2222222.-1.x@y", "\x00+r..\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _, a := post.ParseRef(v, s)
		_, b := post.ParseReply(v, s)
		_, _, c := post.ParseBounce(v, s)
		if a || b || c {
			t.Errorf("%q was made by nobody, and is taken for ours", s)
		}
	})
}
