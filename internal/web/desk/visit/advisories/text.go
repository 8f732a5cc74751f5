package advisories

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"fairlead/internal/advisory"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// textView is one translation of a case's advisory, beside its own words.
type textView struct {
	Case, Title string
	Own, Lang   string // languages; Lang is empty until one is chosen
	Seq         int64
	May, Off    bool
	Done        string
	Tabs        []visit.Tab
	Summary     *web.Summary
	Notices     []web.Notice
	Rows        []textRow
	Missing     string
	Others      web.Field
	Note, From  string
	Clash       *clashView
}

// textRow is one text of the record with the field for what stands in its place.
type textRow struct {
	Label, Own string
	Field      web.Field
}

// address is that of a translation's page; of the record itself without a language.
func address(id cvd.CaseID, lang string) string {
	at := "/desk/cases/" + string(id) + "/advisory"
	if lang == "" {
		return at
	}
	return at + "/text?" + url.Values{"lang": {lang}}.Encode()
}

// languages are the tabs of a record: its own words, each translation, and a new one.
// here is the translation that is shown, "" for the record's own words.
func (v lens) languages(id cvd.CaseID, a *cvd.Advisory, here string, fresh bool) []visit.Tab {
	tab := func(lang string, missing int) visit.Tab {
		out := visit.Tab{ID: lang, Text: lang, Link: address(id, lang), Here: lang == here && !fresh}
		if missing > 0 {
			out.Count, out.Loud = strconv.Itoa(missing), true
		}
		return out
	}
	own := tab("", 0)
	own.Text = v.Say("desk.advisory.text.own", "lang", cmp.Or(a.Lang, "en"))
	out := []visit.Tab{own}
	for _, lang := range visit.Sorted(a.Texts) {
		out = append(out, tab(lang, missing(a, lang)))
	}
	if _, there := a.Texts[here]; here != "" && !there && !fresh {
		out = append(out, tab(here, missing(a, here)))
	}
	return append(out, visit.Tab{ID: "new", Text: v.Say("desk.advisory.text.new"), Link: "/desk/cases/" + string(id) + "/advisory/text", Here: fresh})
}

// missing counts the texts that a translation lacks.
func missing(a *cvd.Advisory, lang string) int {
	n := 0
	for _, w := range advisory.Wordings(a, lang) {
		if w.Said == "" {
			n++
		}
	}
	return n
}

// tag reads a language that somebody chose: the record's own spelling of one that it
// has, else the tag as the standard writes it.
func tag(a *cvd.Advisory, typed string) (string, cvd.Faults) {
	typed = strings.TrimSpace(typed)
	for lang := range a.Texts {
		if strings.EqualFold(lang, typed) {
			return lang, nil
		}
	}
	t, err := language.Parse(typed)
	fault := func(problem, remedy string) cvd.Faults {
		return cvd.Faults{{Field: "lang", Problem: problem, Remedy: remedy}}
	}
	switch {
	case typed == "" || err != nil || t == language.Und:
		return "", fault("is no language", "write a BCP 47 tag such as en or pt-BR")
	case strings.EqualFold(t.String(), cmp.Or(a.Lang, "en")):
		return "", fault("is the record's own language", "choose another")
	}
	return t.String(), nil
}

// text shows a translation, or asks which.
func (d *desk) text(w http.ResponseWriter, r *http.Request, v lens) error {
	draft, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil {
		return err
	}
	typed, chosen := r.URL.Query().Get("lang"), r.URL.Query().Has("lang")
	if !chosen {
		return d.showText(w, r, v, http.StatusOK, draft, draft.Record, "", nil)
	}
	lang, faults := tag(draft.Record, typed)
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.showText(w, r, v, status, draft, draft.Record, lang, faults)
}

// saveText saves the draft with one translation as it was typed; one of which nothing
// is left is gone.
func (d *desk) saveText(w http.ResponseWriter, r *http.Request, v lens) error {
	session := d.Site.Desk.As(v.Actor)
	draft, typed, faults, err := d.typed(r, v)
	if err != nil {
		return err
	}
	lang, wrong := tag(draft.Record, typed.Get("lang"))
	faults = append(faults, wrong...)
	if lang == "" {
		return d.showText(w, r, v, http.StatusUnprocessableEntity, draft, draft.Record, lang, faults)
	}
	a := draft.Record.Clone()
	clash := v.clash(draft, typed, translate(v, draft, a, lang, typed))
	if behind(draft, typed) || clash.Replace != nil && typed.Has("from") && typed.Get("replace") == "" {
		return d.textClash(w, r, v, draft, a, lang, typed, clash)
	}
	if len(faults) > 0 {
		return d.showText(w, r, v, http.StatusUnprocessableEntity, draft, a, lang, faults)
	}
	if faults := unaware(v, draft, typed); len(faults) > 0 {
		return d.showText(w, r, v, http.StatusConflict, draft, a, lang, faults)
	}
	in := cvd.Input{Advisory: a, Seq: draft.Seq, Note: typed.Get("note"), Others: typed.Get("others") != ""}
	if _, err := session.Do(r.Context(), draft.Case.ID, cvd.VerbAdvise, in); err != nil {
		won, failed := d.lost(r, v, typed, err)
		if failed != nil {
			return failed
		}
		if won != nil {
			a = won.Record.Clone()
			clash = v.clash(won, typed, translate(v, won, a, lang, typed))
			return d.textClash(w, r, v, won, a, lang, typed, clash)
		}
		status := web.Status(err)
		if status >= http.StatusInternalServerError || status == http.StatusNotFound {
			return err
		}
		if !errors.As(err, &faults) {
			faults = cvd.Faults{{Field: v.Say("desk.refused"), Problem: web.Plain(err)}}
		}
		return d.showText(w, r, v, status, draft, a, lang, faults)
	}
	if len(a.Texts[lang].Parts) == 0 {
		lang = ""
	}
	return web.See(w, r, after(address(draft.Case.ID, lang), draft))
}

// translate puts what was typed into the record, which is the latest draft, each text to
// the words that the form showed beside it. The rows say where others changed the same
// translation since, and what was typed for words that are no longer there.
func translate(v lens, draft *casework.Draft, a *cvd.Advisory, lang string, typed url.Values) []clashRow {
	shown := saved(draft, visit.Number(typed.Get("seq")))
	if shown == nil {
		shown = draft.Record
	}
	mine := map[string]string{}
	for i, w := range advisory.Wordings(shown, lang) {
		mine[w.Own] = typed.Get(partName(i))
	}
	was := map[string]string{}
	if base := saved(draft, began(typed)); base != nil {
		for _, w := range advisory.Wordings(base, lang) {
			was[w.Own] = w.Said
		}
	}
	var t cvd.AdvisoryText
	var rows []clashRow
	several := len(draft.Record.Vulnerabilities) > 1
	for _, w := range advisory.Wordings(draft.Record, lang) {
		typed, there := mine[w.Own]
		before, known := was[w.Own]
		delete(mine, w.Own)
		one := clashRow{Label: v.place(w.Field, several), Was: before, Theirs: w.Said, Both: there && (!known || typed != before)}
		if !one.Both {
			typed = w.Said
		}
		if one.Both {
			one.Mine = typed
		}
		if w.Said != before && (typed != w.Said || !one.Both) {
			rows = append(rows, one)
		}
		if typed != "" {
			t.Parts = append(t.Parts, cvd.TextPart{Of: w.Own, Text: typed})
		}
	}
	for _, w := range advisory.Wordings(shown, lang) {
		if s := mine[w.Own]; s != "" { // the words that it translates are gone
			rows = append(rows, clashRow{Label: v.place(w.Field, several), Was: was[w.Own], Mine: s})
		}
	}
	delete(a.Texts, lang)
	if len(t.Parts) == 0 {
		return rows
	}
	if a.Texts == nil {
		a.Texts = map[string]cvd.AdvisoryText{}
	}
	a.Texts[lang] = t
	return rows
}

// textClash shows the translation with what others saved meanwhile.
func (d *desk) textClash(w http.ResponseWriter, r *http.Request, v lens, draft *casework.Draft, a *cvd.Advisory, lang string, typed url.Values, clash *clashView) error {
	view := v.textView(r, draft, a, lang)
	view.Clash, view.Note, view.From = clash, typed.Get("note"), strconv.FormatInt(clash.From, 10)
	return d.Show(w, r, v.Visit, http.StatusConflict, "text", v.Say("desk.advisory.part.texts")+": "+view.Case, view)
}

func partName(i int) string { return "part." + strconv.Itoa(i) }

// textView is a translation of the record, as it stands in it.
func (v lens) textView(r *http.Request, draft *casework.Draft, a *cvd.Advisory, lang string) textView {
	c := draft.Case
	view := textView{
		Case: string(c.ID), Title: c.Title, Own: cmp.Or(a.Lang, "en"), Lang: lang, Seq: draft.Seq, Tabs: v.languages(c.ID, a, lang, lang == ""), Notices: v.notices(draft),
		May: may.Allow(v.Actor, cvd.VerbAdvise, c) == nil && slices.Contains(draft.Verbs, cvd.VerbAdvise),
		Off: scheduled(draft), Done: v.done(r),
	}
	f := &filler{v: v}
	view.Others = f.field("others", "tick")
	if lang != "" {
		for i, one := range advisory.Wordings(a, lang) {
			row := textRow{Label: v.place(one.Field, len(a.Vulnerabilities) > 1), Own: one.Own}
			row.Field = web.Field{Name: partName(i), Label: v.Say("desk.advisory.text.said", "lang", lang, "what", row.Label), Kind: "area", Value: one.Said, Rows: 2 + len(one.Own)/90, Lang: lang}
			if one.Said == "" {
				row.Field.Help = v.Say("desk.advisory.text.missing")
			}
			view.Rows = append(view.Rows, row)
		}
		if n := missing(a, lang); n > 0 {
			view.Missing = v.Say("desk.advisory.text.lacks", "count", n)
		}
	}
	return view
}

func (d *desk) showText(w http.ResponseWriter, r *http.Request, v lens, status int, draft *casework.Draft, a *cvd.Advisory, lang string, faults cvd.Faults) error {
	view := v.textView(r, draft, a, lang)
	if len(faults) > 0 {
		fields := make([]web.Field, 0, len(view.Rows))
		for i := range view.Rows {
			fields = append(fields, view.Rows[i].Field)
		}
		rest := web.Blame(fields, faults)
		for i := range view.Rows {
			view.Rows[i].Field = fields[i]
		}
		view.Summary = web.Summarise(v.Say("desk.faults"), fields, rest)
	}
	return d.Show(w, r, v.Visit, status, "text", v.Say("desk.advisory.part.texts")+": "+view.Case, view)
}

// place is what the form calls the field of a member such as "vulnerabilities[0].impact".
func (v lens) place(member string, several bool) string {
	at := place(member, nil)
	name := naming(at)
	switch {
	case strings.HasPrefix(name, "remedy."):
		name = "part.remedies"
	case strings.HasSuffix(member, ".statement"):
		name = "affect.statement"
	}
	id := "desk.advisory." + name
	if at == "" || !v.Voice.Has(id) {
		return member
	}
	if parts := strings.Split(at, "."); several && parts[0] == "flaw" {
		n, _ := strconv.Atoi(parts[1])
		return v.Say("desk.advisory.flaw.of", "flaw", v.Say("desk.advisory.flaw", "n", n+1), "what", v.Say(id))
	}
	return v.Say(id)
}
