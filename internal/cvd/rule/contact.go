package rule

import "fairlead/internal/cvd"

// noteChanges names what the event changes of the reporter's contact, where what was
// known before can be read.
func noteChanges(c *cvd.Case, ev *cvd.Event) {
	if p := c.Participant(cvd.Reporter); p != nil && ev.Body.Contact != nil && (p.Contact != nil || p.ContactBox == nil) {
		ev.Body.Changed = changed(p.Contact, ev.Body.Contact)
	}
}

// changed names the members of a contact that are other than before.
func changed(before, after *cvd.Contact) []string {
	if before == nil {
		before = &cvd.Contact{}
	}
	var out []string
	for _, one := range []struct {
		name string
		same bool
	}{
		{"name", before.Name == after.Name},
		{"email", before.Email == after.Email},
		{"affiliation", before.Affiliation == after.Affiliation},
		{"title", before.Title == after.Title},
		{"credit", before.Credit == after.Credit},
		{"contact_shareable", before.ContactShareable == after.ContactShareable},
		{"pgp_key", before.PGPKey == after.PGPKey},
		{"reply_by", before.ReplyBy == after.ReplyBy},
		{"language", before.Language == after.Language},
	} {
		if !one.same {
			out = append(out, one.name)
		}
	}
	return out
}
