package sqlstore

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/order"
	"fairlead/internal/store/sqlstore/query"
)

// The longest page of cases; see store.Filter.
const longestPage = 500

// statement gathers the conditions of a hand-written statement. Parameters are
// numbered; values never become text.
type statement struct {
	args  []any
	terms []string
}

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

func (s *statement) where(term string) { s.terms = append(s.terms, term) }

func (s *statement) conditions(more ...string) string {
	return strings.Join(append(more, s.terms...), " AND ")
}

// plan is how a filter is answered: one index family to walk along, an arm for
// each of the values that its leading columns may have, and the terms that every
// row is tested against. Each arm comes out of its index in the order of the
// list, so that the arms are merged and nothing is sorted.
type plan struct {
	statement
	family string // empty: the ids lead
	arms   []arm
}

// arm is one walk: the index family it goes along, and the leading columns' term.
type arm struct{ family, term string }

// planOf chooses the family that is likely to leave the fewest rows. What nobody rated
// has an index by due date alone.
func planOf(f *store.Filter, index string, e *engine) plan {
	var p plan
	open := []string{"closed = FALSE", "closed = TRUE"}
	if f.Open {
		open = open[:1]
	}
	unheld := slices.Contains(f.Assignees, "")
	switch {
	case f.IDs != nil:
		p.arms = []arm{{"", "id IN (" + e.members(p.arg(jsonList(f.IDs))) + ")"}}
		p.openTerm(f)
	case len(flags(f)) > 0:
		p.family = flags(f)[0]
		p.add(p.family, open...)
	case len(f.Assignees) > 0 && !unheld:
		p.lead("assignee", open, f.Assignees...)
	case len(f.Band) > 0 && (index == "due" || !slices.Contains(f.Band, "")):
		p.family = "band"
		for _, b := range set(f.Band) {
			if b == "" {
				p.add("unrated", cross("band = ''", open)...)
			} else {
				p.add("band", cross("band <> '' AND band = "+p.arg(string(b)), open)...)
			}
		}
	case len(f.RM) > 0:
		p.family = "rm"
		for _, rm := range set(f.RM) {
			if !f.Open || rm != cvd.RMClosed {
				p.add("rm", "rm = "+p.arg(string(rm)))
			}
		}
	case unheld:
		p.lead("assignee", open, f.Assignees...)
	case f.Program != "":
		p.lead("program", open, f.Program)
	default:
		p.family = "open"
		p.add("open", open...)
	}
	p.rest(f)
	return p
}

func (p *plan) add(family string, terms ...string) {
	for _, t := range terms {
		p.arms = append(p.arms, arm{family, t})
	}
}

func (p *plan) lead(family string, open []string, values ...string) {
	p.family = family
	for _, v := range set(values) {
		p.add(family, cross(family+" = "+p.arg(v), open)...)
	}
}

func (p *plan) openTerm(f *store.Filter) {
	if f.Open {
		p.where("closed = FALSE")
	}
}

// flags in the order of how rare they are.
func flags(f *store.Filter) []string {
	var out []string
	for _, flag := range []struct {
		name string
		set  bool
	}{{"emergency", f.Emergency}, {"privacy", f.Privacy}, {"appeal", f.Appeal}, {"pending", f.Pending}, {"breached", f.Breached}, {"paused", f.Paused}, {"unread", f.Unread}} {
		if flag.set {
			out = append(out, flag.name)
		}
	}
	return out
}

// rest writes the terms that the family does not settle.
func (p *plan) rest(f *store.Filter) {
	for _, flag := range flags(f) {
		p.where(flag)
	}
	if len(f.Assignees) > 0 && p.family != "assignee" {
		p.where("assignee IN (" + p.each(f.Assignees) + ")")
	}
	if len(f.Band) > 0 && p.family != "band" {
		p.where("band IN (" + p.each(texted(f.Band)) + ")")
	}
	if len(f.RM) > 0 && p.family != "rm" {
		p.where("rm IN (" + p.each(texted(f.RM)) + ")")
	}
	if f.Program != "" && p.family != "program" {
		p.where("program = " + p.arg(f.Program))
	}
	if !f.DueFrom.IsZero() {
		p.where("next_due >= " + p.arg(instant(f.DueFrom)))
	}
	if !f.DueBefore.IsZero() {
		p.where("next_due < " + p.arg(instant(f.DueBefore)))
	}
}

func (p *plan) each(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = p.arg(v)
	}
	return strings.Join(out, ", ")
}

// selects writes each arm as a statement that selects columns.
func (p *plan) selects(columns, by string, e *engine) []string {
	arms := make([]string, len(p.arms))
	for i, one := range p.arms {
		index := "sqlite_autoindex_cases_1"
		if one.family != "" {
			index = "cases_" + one.family + "_" + by
		}
		arms[i] = "SELECT " + columns + " FROM cases " + e.indexed(index) + " WHERE " + p.conditions(one.term)
	}
	return arms
}

// merged joins arms that each come in the order into one list in that order.
// SQLite draws from all arms as it needs; PostgreSQL must be told the order and
// the limit of each.
func merged(arms []string, by, limit string, e *engine) string {
	end := " ORDER BY " + by + " LIMIT CAST(" + limit + " AS bigint)"
	if len(arms) > 1 && e.ordered {
		for i, arm := range arms {
			arms[i] = "(" + arm + end + ")"
		}
	}
	return strings.Join(arms, " UNION ALL ") + end
}

const caseColumns = "id, program, rm, em, facts, band, assignee, next_due, next_kind, wake, created, updated, version, policy, " +
	"cluster, closed, emergency, privacy, paused, unread, breached, sealed, wrapped_key, kek, appeal, pending"

// place is where the page before ended, in the columns of the order.
func (p *plan) place(o *order.Part) string {
	c := o.Filter.After
	at := []any{deadline(c.At), instant(c.Then), string(c.ID)}
	if o.Index != "due" {
		at = []any{instant(c.At), string(c.ID)}
	}
	marks := make([]string, len(at))
	for i, v := range at {
		marks[i] = p.arg(v)
	}
	return "(" + strings.Join(o.Columns, ", ") + ")" + o.Beyond() + "(" + strings.Join(marks, ", ") + ")"
}

// listCases is the statement of one page of a part; empty where it holds nothing.
func listCases(o *order.Part, limit int, e *engine) (string, []any) {
	p := planOf(&o.Filter, o.Index, e)
	if len(p.arms) == 0 || o.Term == order.Nothing {
		return "", nil
	}
	if o.Term != "" {
		p.where(o.Term)
	}
	if o.Filter.After != nil {
		p.where(p.place(o))
	}
	return merged(p.selects(caseColumns, o.Index, e), o.By(), p.arg(int64(limit)), e), p.args
}

// countCases is the statement that counts no further than limit.
func countCases(f *store.Filter, limit int, e *engine) (string, []any) {
	p := planOf(f, "due", e)
	if len(p.arms) == 0 {
		return "", nil
	}
	text := strings.Join(p.selects("1 AS one", "due", e), " UNION ALL ")
	return "SELECT count(*) FROM (" + text + " LIMIT CAST(" + p.arg(page(limit)) + " AS bigint)) AS found", p.args
}

// nothing tells whether no row can match, before any engine is asked.
func nothing(f *store.Filter) bool {
	if f.IDs != nil && len(f.IDs) == 0 {
		return true
	}
	if f.After != nil && foreign(string(f.After.ID)) {
		return true
	}
	return foreign(f.Program) || foreign(f.Assignees...) || foreign(texted(f.RM)...) || foreign(texted(f.Band)...) || foreign(texted(f.IDs)...)
}

func (t *tx) Cases(f store.Filter) ([]store.Case, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if nothing(&f) {
		return nil, nil
	}
	parts, err := order.Of(&f)
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > longestPage {
		f.Limit = longestPage
	}
	var out []store.Case
	for i := range parts {
		text, args := listCases(&parts[i], f.Limit-len(out), t.engine)
		if text == "" {
			continue
		}
		if out, err = t.cases(out, text, args); err != nil || len(out) >= f.Limit {
			return out, err
		}
	}
	return out, nil
}

// cases adds the rows of a statement.
func (t *tx) cases(out []store.Case, text string, args []any) ([]store.Case, error) {
	rows, err := t.db.QueryContext(t.ctx, text, args...)
	if err != nil {
		return nil, t.fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r query.Case
		if err := rows.Scan(&r.ID, &r.Program, &r.Rm, &r.Em, &r.Facts, &r.Band, &r.Assignee, &r.NextDue, &r.NextKind, &r.Wake,
			&r.Created, &r.Updated, &r.Version, &r.Policy, &r.Cluster, &r.Closed, &r.Emergency, &r.Privacy, &r.Paused,
			&r.Unread, &r.Breached, &r.Sealed, &r.WrappedKey, &r.Kek, &r.Appeal, &r.Pending); err != nil {
			return nil, t.fault(err)
		}
		out = append(out, storedCase(&r))
	}
	return out, t.fault(rows.Err())
}

func (t *tx) CountCases(f store.Filter, limit int) (int, error) {
	if err := t.reading(); err != nil {
		return 0, err
	}
	if nothing(&f) {
		return 0, nil
	}
	text, args := countCases(&f, limit, t.engine)
	if text == "" {
		return 0, nil
	}
	var n int
	err := t.db.QueryRowContext(t.ctx, text, args...).Scan(&n)
	return n, t.fault(err)
}

func (t *tx) Effects(state store.EffectState, id cvd.CaseID, after *store.EffectCursor, limit int) ([]store.Effect, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(string(state), string(id)) || (after != nil && foreign(after.Key)) {
		return nil, nil
	}
	text, args := listEffects(state, id, after, limit, t.engine)
	return t.effects(text, args...)
}

// listEffects is the statement of the newest effects.
func listEffects(state store.EffectState, id cvd.CaseID, after *store.EffectCursor, limit int, e *engine) (string, []any) {
	var s statement
	var arms []string
	index := "effects_state"
	if after != nil {
		at, ref := s.arg(instant(after.At)), s.arg(after.Key)
		s.where("(at, ref) < (" + at + ", " + ref + ")")
	}
	switch {
	case id != "":
		index = "effects_case"
		arms = []string{"case_id = " + s.arg(string(id))}
		if state != "" {
			s.where("state = " + s.arg(string(state)))
		}
	case state != "":
		arms = []string{"state = " + s.arg(string(state))}
	default:
		for _, each := range []store.EffectState{store.EffectPending, store.EffectDone, store.EffectDead} {
			arms = append(arms, "state = "+s.arg(string(each)))
		}
	}
	for i, arm := range arms {
		arms[i] = "SELECT " + effectColumns + " FROM effects " + e.indexed(index) + " WHERE " + s.conditions(arm)
	}
	return merged(arms, "at DESC, ref DESC", s.arg(page(limit)), e), s.args
}

// cross puts a leading term before each of the others.
func cross(first string, others []string) []string {
	out := make([]string, len(others))
	for i, o := range others {
		out[i] = first + " AND " + o
	}
	return out
}

// set drops what is said twice, so that no arm is walked twice.
func set[S ~string](values []S) []S {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

func texted[S ~string](values []S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func jsonList(of []cvd.CaseID) string {
	b, err := json.Marshal(of)
	if err != nil {
		return "[]" // cannot happen: a list of texts
	}
	return string(b)
}
