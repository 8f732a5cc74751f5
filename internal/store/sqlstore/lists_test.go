package sqlstore

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/order"
)

// shapes are the filters whose cost must not depend on how many cases there are.
func shapes() map[string]store.Filter {
	out := map[string]store.Filter{}
	cursor := &store.Cursor{At: time.UnixMicro(1), Then: time.UnixMicro(1), ID: "x"}
	for name, f := range map[string]store.Filter{
		"all": {}, "open": {Open: true}, "mine": {Assignees: []string{"a"}, Open: true}, "ever mine": {Assignees: []string{"a"}},
		"unassigned": {Assignees: []string{""}, Open: true}, "mine or nobody's": {Assignees: []string{"", "a", "b"}, Open: true}, "program": {Program: "p", Open: true}, "of a program": {Program: "p"},
		"state": {RM: []cvd.RM{cvd.RMValid}}, "states": {RM: []cvd.RM{cvd.RMValid, cvd.RMAccepted, cvd.RMClosed}, Open: true},
		"band": {Band: []cvd.Band{cvd.BandHigh}, Open: true}, "bands": {Band: []cvd.Band{cvd.BandHigh, cvd.BandCritical}},
		"emergency": {Emergency: true, Open: true}, "privacy": {Privacy: true}, "paused": {Paused: true, Open: true},
		"unread": {Unread: true, Open: true}, "breached": {Breached: true}, "pending": {Pending: true, Open: true}, "unrated": {Band: []cvd.Band{""}, Open: true}, "two marks": {Breached: true, Unread: true, Open: true},
		"mixed": {Assignees: []string{"a"}, RM: []cvd.RM{cvd.RMValid}, Band: []cvd.Band{"", cvd.BandLow}, Program: "p", Open: true},
	} {
		for _, by := range store.Sorts {
			f.Sort, f.Limit = by, 50
			out[name+" by "+string(by)] = f
			f.After = cursor
			out[name+" by "+string(by)+", next page"] = f
			f.After = nil
		}
		if name != "all" {
			f.Sort, f.DueBefore = store.ByDue, time.UnixMicro(9)
			out[name+", overdue"] = f
			f.DueFrom = time.UnixMicro(5)
			out[name+", due in a span"] = f
			f.DueFrom = time.Time{}
		}
	}
	return out
}

func explain(t *testing.T, s *lite, text string, args []any) string {
	t.Helper()
	var plan []string
	err := s.View(background, func(x store.Tx) error {
		tx := x.(*tx)
		rows, err := tx.db.QueryContext(tx.ctx, "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			plan = append(plan, detail)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return strings.Join(plan, "\n")
}

// Every list walks an index from where it begins and stops at its limit.
func TestNoListScansOrSorts(t *testing.T) {
	s := fresh(t)
	check := func(name, text string, args []any, more ...string) {
		t.Helper()
		plan := explain(t, s, text, args)
		for _, bad := range append(more, "SCAN cases", "SCAN events", "SCAN effects", "SCAN records", "TEMP B-TREE") {
			if strings.Contains(plan, bad) {
				t.Errorf("%s: %s\n%s", name, text, plan)
			}
		}
	}
	for name, f := range shapes() {
		parts, err := order.Of(&f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range parts {
			o := &parts[i]
			text, args := listCases(o, 50, sqliteEngine)
			if text == "" {
				continue
			}
			check(name, text, args)
			if o.Filter.After == nil {
				continue
			}
			beyond := strings.TrimSpace(o.Beyond())
			begins := "(" + strings.Join(o.Columns, ",") + ")" + beyond + "(" + strings.TrimSuffix(strings.Repeat("?,", len(o.Columns)), ",") + ")"
			if plan := explain(t, s, text, args); !strings.Contains(plan, begins) && !strings.Contains(plan, o.Columns[0]+beyond+"?") {
				t.Errorf("%s: the page does not begin at its cursor:\n%s", name, plan)
			}
		}
		text, args := countCases(&f, 1001, sqliteEngine)
		check(name+", counted", text, args)
	}
	for _, state := range []store.EffectState{"", store.EffectDead} {
		for _, id := range []cvd.CaseID{"", "x"} {
			text, args := listEffects(state, id, nil, 9, sqliteEngine)
			check("effects", text, args)
			text, args = listEffects(state, id, &store.EffectCursor{At: time.Unix(1, 0), Key: "x"}, 9, sqliteEngine)
			check("effects of a later page", text, args)
			if plan := explain(t, s, text, args); !strings.Contains(plan, "at,ref)<(?,?)") && !strings.Contains(plan, "at<?") {
				t.Errorf("the page does not begin at its cursor:\n%s", plan)
			}
		}
	}
	check("lease", leaseEffects(sqliteEngine), []any{1, 1, 1})
	check("expired", "DELETE FROM records WHERE expires < 9223372036854775807 AND expires < $1", []any{1})
	for name, text := range generated(t) {
		n := strings.Count(strings.Join(slices.Compact(slices.Sorted(slices.Values(regexp.MustCompile(`\$\d+`).FindAllString(text, -1)))), ""), "$")
		check(name, text, make([]any, n), "SCAN")
	}
}

// generated are the statements of queries.sql as they are compiled in.
func generated(t testing.TB) map[string]string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("query", "queries.sql.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)const (\\w+) = `(.*?)`").FindAllStringSubmatch(string(source), -1) {
		out[m[1]] = m[2]
	}
	if len(out) < 20 {
		t.Fatalf("only %d statements found", len(out))
	}
	return out
}

// PostgreSQL can walk the same indexes in the same order: when it may neither
// scan a table nor sort, no plan does.
func TestNoListScansOrSortsPostgres(t *testing.T) {
	s := openPostgres(t)
	conn, err := s.db.Conn(background)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(background, "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off"); err != nil {
		t.Fatal(err)
	}
	for name, f := range shapes() {
		parts, err := order.Of(&f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range parts {
			text, args := listCases(&parts[i], 50, postgresEngine)
			if text == "" {
				continue
			}
			rows, err := conn.QueryContext(background, "EXPLAIN "+text, args...)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if p := lines(t, rows); strings.Contains(p, "Sort  (") || strings.Contains(p, "Seq Scan") {
				t.Errorf("%s: %s\n%s", name, text, p)
			}
		}
	}
}

// lines reads a result of one text column.
func lines(t *testing.T, rows *sql.Rows) string {
	t.Helper()
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
