// Package sorting says what becomes of a mail: one table, one row a rule, the first
// that fits decides.
//
// It is pure: it knows only the facts it is handed, reads nothing, and acts on
// nothing. No row throws a mail away.
package sorting

import "fairlead/internal/intake/mail"

// Do is what becomes of a mail.
type Do string

// What may become of a mail. There is no word for losing it.
const (
	Report   Do = "report"   // it opens a case
	Words    Do = "words"    // it is said in the case by whom it names
	Hold     Do = "hold"     // it stands at the case and waits for a member's nod
	Bounced  Do = "bounced"  // a letter of ours came back
	Probe    Do = "probe"    // a test of ours arrived
	Aside    Do = "aside"    // the shelf of what needs nobody
	Spam     Do = "spam"     // the shelf of what a filter called spam
	Unsorted Do = "unsorted" // the shelf of what a member must look at
)

// Reading is how far a mail could be read.
type Reading string

// How far a mail could be read.
const (
	Whole      Reading = ""
	Unreadable Reading = "unreadable"
	TooLarge   Reading = "too-large"
	LongHeader Reading = "long-header"
)

// Lock is why an encrypted mail could not be opened.
type Lock string

// Why an encrypted mail could not be opened.
const (
	Open    Lock = ""
	NoKey   Lock = "no-key"  // to a key that we do not hold
	Exposed Lock = "exposed" // nothing protects it from being changed on the way (EM-9)
	Broken  Lock = "broken"  // the encrypted part is damaged
	SMIME   Lock = "smime"   // S/MIME, which is not read here
	Part    Lock = "part"    // something in it is encrypted, but not the mail as a whole
)

// Return is what a notice says of a letter of ours.
type Return string

// What a notice says of a letter of ours.
const (
	NoReturn Return = ""
	Failed   Return = "failed"
	Under    Return = "under-way" // late, relayed or delivered
)

// Place is what a mail belongs to.
type Place string

// What a mail belongs to.
const (
	Nowhere Place = ""
	InCase  Place = "case"
	Erased  Place = "erased" // a case of which the words are gone
)

// The bounds of loops (EM-4).
const (
	MostHops   = 30 // Received fields of one mail
	MostAnHour = 30 // mails for one case
)

// Facts are all that the table looks at.
type Facts struct {
	Probe   bool
	Reading Reading
	Lock    Lock
	Return  Return // of a letter that is truly ours
	Echo    bool   // it has the Message-ID of a letter of ours
	Self    bool   // an address of ours stands as the sender's
	Hops    int
	Lately  int  // mails for the case within the last hour, this one left out
	Again   bool // exactly this mail is there already
	Auto    mail.Auto
	Spam    bool // a filter that is believed says so
	Place   Place
	Known   bool // From is the address on record of whom it belongs to
	Aligned bool // the domain of From vouches for it (EM-13)
	Loose   bool // it does, by a signature that leaves out which case is meant
	Unasked bool // nobody could be asked whether it does
	Signed  bool // a good signature by the key pinned for whom it belongs to
	Forged  bool // a signature that does not fit the text
	Flood   bool // the sender, or everybody together, sends more new mail than is taken
	Empty   bool // neither text nor files
	Malware bool // a scanner of ours knows something in it
}

// Verdict is what becomes of the mail, and why, as a name in the message catalogue
// behind "mail.reason.".
type Verdict struct {
	Do     Do
	Reason string
}

// rule is one row. Its reason may say more of the facts.
type rule struct {
	name string
	when func(*Facts) bool
	do   Do
	why  func(*Facts) string // nil: the name
}

// rules in the order in which they are asked. The last one fits every mail.
var rules = []rule{
	{name: "probe", when: func(f *Facts) bool { return f.Probe }, do: Probe},
	{name: "too-large", when: func(f *Facts) bool { return f.Reading == TooLarge }, do: Unsorted},
	{name: "long-header", when: func(f *Facts) bool { return f.Reading == LongHeader }, do: Unsorted},
	{name: "unreadable", when: func(f *Facts) bool { return f.Reading != Whole }, do: Unsorted},
	{name: "bounced", when: func(f *Facts) bool { return f.Return == Failed }, do: Bounced},
	{name: "under-way", when: func(f *Facts) bool { return f.Return != NoReturn }, do: Aside},
	{name: "echo", when: func(f *Facts) bool { return f.Echo }, do: Aside},
	{name: "hops", when: func(f *Facts) bool { return f.Hops > MostHops }, do: Aside},
	{name: "duplicate", when: func(f *Facts) bool { return f.Again }, do: Aside},
	// A list may be how an address of the team is spread to its members, and people
	// report from a machine's address too, so these are looked at before they count as
	// nothing.
	{name: "maybe", when: func(f *Facts) bool { return perhaps[f.Auto] && f.Place == Nowhere && !f.Spam }, do: Unsorted, why: auto},
	{name: "auto", when: func(f *Facts) bool { return machine(f.Auto) }, do: Aside, why: auto},
	// A form on a site of the organisation may write in the name of its own address.
	{name: "self", when: func(f *Facts) bool { return f.Self }, do: Unsorted},
	{name: "busy", when: func(f *Facts) bool { return f.Place != Nowhere && f.Lately >= MostAnHour }, do: Aside},
	{name: "spam", when: func(f *Facts) bool { return f.Spam && !belongs(f) }, do: Spam},
	{name: "erased", when: func(f *Facts) bool { return f.Place == Erased }, do: Unsorted},
	{name: "locked-case", when: func(f *Facts) bool { return f.Lock != Open && f.Place == InCase }, do: Hold, why: locked},
	{name: "locked", when: func(f *Facts) bool { return f.Lock != Open }, do: Unsorted, why: locked},
	{name: "empty", when: func(f *Facts) bool { return f.Empty }, do: Unsorted},
	// A finder may have to send malware, so it is never lost, and never let in unseen.
	{name: "malware-case", when: func(f *Facts) bool { return f.Malware && f.Place == InCase }, do: Hold, why: func(*Facts) string { return "malware" }},
	{name: "malware", when: func(f *Facts) bool { return f.Malware }, do: Unsorted},
	{name: "words", when: func(f *Facts) bool { return f.Place == InCase && vouched(f) }, do: Words},
	{name: "forged", when: func(f *Facts) bool { return f.Place == InCase && f.Forged }, do: Hold},
	// Whoever has a mail that a participant once signed can send it here again, so a
	// signature alone does not speak (EM-13); it helps the member who looks.
	{name: "loose", when: func(f *Facts) bool { return f.Place == InCase && f.Known && f.Aligned }, do: Hold},
	{name: "signed", when: func(f *Facts) bool { return f.Place == InCase && f.Signed }, do: Hold},
	{name: "unasked", when: func(f *Facts) bool { return f.Place == InCase && f.Known && f.Unasked }, do: Hold},
	{name: "unaligned", when: func(f *Facts) bool { return f.Place == InCase && f.Known }, do: Hold},
	{name: "another-address", when: func(f *Facts) bool { return f.Place == InCase }, do: Hold},
	{name: "flood", when: func(f *Facts) bool { return f.Flood }, do: Unsorted},
	{name: "report", when: func(*Facts) bool { return true }, do: Report},
}

// belongs tells whether a mail is from whom its case knows, as their domain says:
// a filter's guess weighs less.
func belongs(f *Facts) bool { return f.Place == InCase && vouched(f) }

// vouched tells whether somebody may speak as whom the mail names: by the address on
// record, if its domain vouches for the mail and for which case it names.
func vouched(f *Facts) bool { return f.Known && f.Aligned && !f.Loose }

// perhaps are the signs of a machine that mail of people bears too.
var perhaps = map[mail.Auto]bool{mail.AutoList: true, mail.AutoBulk: true, mail.AutoSender: true}

// machine tells whether a machine wrote a mail. That no automatic answer is wanted
// says nothing of who wrote.
func machine(a mail.Auto) bool { return a != "" && a != mail.AutoSuppress }

func auto(f *Facts) string { return "auto-" + string(f.Auto) }

func locked(f *Facts) string { return "locked-" + string(f.Lock) }

// Decide asks the rules in order.
func Decide(f Facts) Verdict {
	for _, r := range rules {
		if !r.when(&f) {
			continue
		}
		if r.why != nil {
			return Verdict{r.do, r.why(&f)}
		}
		return Verdict{r.do, r.name}
	}
	// The last row fits everything; this keeps a mail even if somebody breaks that.
	return Verdict{Unsorted, "unreadable"}
}

// Reasons are all that the table may give.
func Reasons() []string {
	var out []string
	for _, r := range rules {
		if r.why == nil {
			out = append(out, r.name)
		}
	}
	for _, a := range Autos {
		if machine(a) {
			out = append(out, "auto-"+string(a))
		}
	}
	for _, l := range []Lock{NoKey, Exposed, Broken, SMIME, Part} {
		out = append(out, "locked-"+string(l))
	}
	return out
}

// Asker is what is known of whoever would get the automatic answer to a report.
type Asker struct {
	Suppress bool // the mail wants no automatic answer
	Named    bool // an address of ours stands in To or Cc
	Aligned  bool // the domain of From vouches for it
	Failed   bool // that domain says that it is not its mail
	Other    bool // the envelope names another sender than From
}

// Why a report by mail gets no automatic answer (RFC 3834 section 2; EM-1, EM-2): its
// code opens the thread, so it goes to nobody who may not have written.
const (
	Suppressed = "suppressed"
	NotNamed   = "not-named"
	Doubtful   = "doubtful"
)

// Unanswered is why a report gets no automatic answer; empty if it gets one.
func Unanswered(a Asker) string {
	switch {
	case a.Suppress:
		return Suppressed
	case !a.Named:
		return NotNamed
	case !a.Aligned && (a.Failed || a.Other):
		return Doubtful
	}
	return ""
}

// Autos are why a mail may count as written by a machine.
var Autos = []mail.Auto{
	mail.AutoNull, mail.AutoReport, mail.AutoSubmitted, mail.AutoList, mail.AutoBulk, mail.AutoSuppress, mail.AutoSender,
}
