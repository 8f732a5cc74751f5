package page

import (
	"fmt"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Format is the advisory as a Markdown text.
var Format = advisory.Format{
	Name: "markdown", Media: "text/markdown; charset=utf-8", Ext: ".md",
	Split: advisory.ByLanguage,
	File: func(a *cvd.Advisory, _ advisory.Publisher) string {
		return advisory.PlainName(string(a.ID)+advisory.Translation(a)) + ".md"
	},
	Encode: func(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) { return Markdown(Of(a, p)), nil },
}

// writer writes blocks, with one blank line between them.
type writer struct {
	strings.Builder
	v *words.Voice
}

func (w *writer) block(format string, args ...any) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	fmt.Fprintf(w, format+"\n", args...)
}

func (w *writer) head(level int, id string) {
	w.block("%s %s", strings.Repeat("#", level), w.v.Say("advisory."+id))
}

func (w *writer) text(markdown string) {
	if markdown = strings.TrimSpace(markdown); markdown != "" {
		w.block("%s", Neutral(markdown))
	}
}

func (w *writer) list(items []string) {
	if len(items) > 0 {
		w.block("- %s", strings.Join(items, "\n- "))
	}
}

// Markdown writes the sheet as a text for people who read without a browser.
func Markdown(s *Sheet) []byte {
	a := s.Record
	w := &writer{v: book().In(a.Lang, "en")}
	w.block("# %s", escape(a.Title))
	if !a.Withdrawn.IsZero() {
		w.block("> **%s**", w.v.Say("advisory.withdrawn", "day", day(a.Withdrawn)))
		if a.Why != "" {
			w.WriteString("> " + strings.ReplaceAll(strings.TrimSpace(Neutral(a.Why)), "\n", "\n> ") + "\n")
		}
	}
	w.list(facts(w.v, s))
	w.text(a.Overview)
	for i := range s.Flaws {
		w.flaw(&s.Flaws[i], len(s.Flaws) > 1)
	}
	if a.Details != "" {
		w.head(2, "details")
		w.text(a.Details)
	}
	w.rest(s)
	return []byte(w.String())
}

// facts are the lines under the title.
func facts(v *words.Voice, s *Sheet) []string {
	a := s.Record
	line := func(id, value string) string { return "**" + v.Say("advisory."+id) + "**: " + value }
	out := []string{line("id", escape(string(a.ID)))}
	if len(s.Names) > 0 {
		out = append(out, line("aliases", escape(strings.Join(s.Names, ", "))))
	}
	if s.Worst != nil {
		out = append(out, line("severity", fmt.Sprintf("%s, %s (CVSS %s)", v.Say("band."+string(s.Worst.Band)), s.Worst.Score, s.Worst.Version)))
	}
	if s.Publisher != "" {
		out = append(out, line("publisher", escape(s.Publisher)))
	}
	if s.Source != "" {
		out = append(out, line("source", escape(strings.TrimSuffix(s.Source+", "+s.Author, ", "))))
	}
	out = append(out, line("published", day(a.Published)))
	if a.Revision > 1 {
		out = append(out, line("modified", v.Say("advisory.revision", "n", a.Revision, "day", day(a.Modified))))
	}
	if s.Label != cvd.TLPClear {
		out = append(out, line("sharing", "TLP:"+string(s.Label)))
	}
	return out
}

func (w *writer) flaw(f *Flaw, named bool) {
	level := 2
	if named {
		w.block("## %s", escape(strings.Trim(f.Name+": "+f.Title, ": ")))
		level = 3
	}
	if len(f.Rows) > 0 {
		w.head(level, "affected")
		w.block("| %s | %s | %s |\n|---|---|---|", w.v.Say("advisory.product"), w.v.Say("advisory.versions"), w.v.Say("advisory.fixed"))
		for _, r := range f.Rows {
			name := r.Product
			if r.Package != "" && r.Package != r.Product {
				name += " (" + r.Package + ")"
			}
			fmt.Fprintf(w, "| %s | %s | %s |\n", cell(name), cell(strings.Join(append(r.Affected, r.Other...), "; ")), cell(strings.Join(r.Fixed, ", ")))
		}
	}
	if len(f.Steps) > 0 {
		w.head(level, "do")
		for _, s := range f.Steps {
			w.block("**%s**%s%s: %s", s.Kind, of(s.Of), w.since(s.Date), strings.TrimSpace(Neutral(s.Text)))
			if s.URL != "" {
				w.block("%s", address(s.URL))
			}
		}
	}
	if f.Description != "" {
		w.head(level, "what")
		w.text(f.Description)
	}
	if f.Impact != "" {
		w.head(level, "impact")
		w.text(f.Impact)
	}
	if f.Exploited != "" {
		w.head(level, "attacks")
		w.text(f.Exploited)
	}
	if len(f.Ratings) > 0 || len(f.Weaknesses) > 0 {
		w.head(level, "rating")
		var lines []string
		for _, r := range f.Ratings {
			text := "`" + r.Vector + "`"
			if r.Version != "" {
				text = fmt.Sprintf("CVSS %s: %s, %s, %s", r.Version, r.Score, w.v.Say("band."+string(r.Band)), text)
			}
			lines = append(lines, text+of(r.Of))
		}
		for _, c := range f.Weaknesses {
			lines = append(lines, escape(c))
		}
		w.list(lines)
	}
}

func (w *writer) rest(s *Sheet) {
	a := s.Record
	section := func(id string, items []string) {
		if len(items) > 0 {
			w.head(2, id)
			w.list(items)
		}
	}
	var credits, timeline, links, history []string
	for _, c := range s.Credits {
		credits = append(credits, escape(c))
	}
	for _, m := range a.Timeline {
		timeline = append(timeline, day(m.At)+": "+Neutral(m.Text))
	}
	for _, l := range s.Links {
		text := l.Kind + ": " + address(l.URL)
		if l.Text != "" {
			text += " " + escape(l.Text)
		}
		links = append(links, text)
	}
	for _, c := range a.History {
		history = append(history, fmt.Sprintf("%d, %s: %s", c.Revision, day(c.At), Neutral(c.Text)))
	}
	section("credits", credits)
	section("timeline", timeline)
	section("references", links)
	section("revisions", history)
}

func of(products string) string {
	if products == "" {
		return ""
	}
	return " (" + escape(products) + ")"
}

// since is from when a remedy is to be had.
func (w *writer) since(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", " + w.v.Say("advisories.from") + " " + day(at)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// escape keeps a plain text from being read as Markdown or HTML.
var escape = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "#", `\#`, "|", `\|`, "&", `\&`, "\r", " ", "\n", " ",
).Replace

func cell(s string) string {
	if s == "" {
		return "-"
	}
	return escape(s)
}
