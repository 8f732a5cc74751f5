package publish

import (
	"net/http"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// document answers with one document of an advisory: the name that the register
// has for it with the format's ending, or what lies beside that. Whoever may not
// read the advisory is told what is told of one that does not exist.
func (d *door) document(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	name, what := beside(r.PathValue("file"))
	e, err := d.Register.Entry(r.Context(), cvd.AdvisoryID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !may.ReadAdvisory(by, e.TLP) {
		return cvd.ErrNotFound
	}
	for _, one := range e.Documents {
		if !strings.HasPrefix(name, one+".") {
			continue
		}
		doc, err := d.Register.Document(r.Context(), e.ID, one)
		if err != nil {
			return err
		}
		if one+doc.Ext != name || !may.ReadAdvisory(by, doc.TLP) {
			continue
		}
		return d.sendDocument(w, r, doc, doc.File, what)
	}
	return cvd.ErrNotFound
}
