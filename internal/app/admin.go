package app

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"

	"fairlead/internal/app/exchange"
	"fairlead/internal/app/mailbox"
	"fairlead/internal/app/operator"
	"fairlead/internal/auth"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
)

// maxImport is the most bytes of one request that brings in advisories.
const maxImport = 64 << 20

// Imported is what became of documents that were brought in.
type Imported struct {
	Files []exchange.Result `json:"files"`
}

// admin answers the operator's own requests: those of whoever may read the
// server's data folder. Members, leads too, get the answer of what does not
// exist: these acts reach the machine, not the cases.
func (h *House) admin(mux *http.ServeMux) {
	handle := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v, err := any(nil), cvd.ErrNotFound
			if by := h.asks(r); by.Kind == cvd.ActorMachine && by.ID == auth.Operator.ID {
				v, err = do(r)
			} else {
				refusal.Log(h.Options.Log, r, by, cvd.ErrForbidden)
			}
			operator.Answer(w, v, err)
		})
	}
	handle("POST /api/v1/admin/rotate-keys", func(r *http.Request) (any, error) {
		n, err := h.RotateKeys(r.Context())
		return map[string]any{"cases": n, "primary": h.Vault.Keys().PrimaryID()}, err
	})
	h.signing.Routes(handle)
	operator.Members(handle, h.Auth, h.Base, h.Options.Clock.Now)
	handle("POST /api/v1/admin/backup", func(r *http.Request) (any, error) {
		var in struct{ Dir string }
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10)).Decode(&in); err != nil {
			return nil, cvd.ErrUnreadable
		}
		if !filepath.IsAbs(in.Dir) {
			return nil, cvd.Faults{{Field: "dir", Problem: "is no absolute path", Remedy: "write the whole path"}}
		}
		return map[string]any{"dir": in.Dir}, h.Backup(r.Context(), in.Dir)
	})
	handle("POST /api/v1/admin/advisories", func(r *http.Request) (any, error) {
		var in struct{ Files []exchange.File }
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxImport)).Decode(&in); err != nil {
			return nil, cvd.ErrUnreadable
		}
		results, err := h.Exchange().Import(r.Context(), in.Files)
		return Imported{Files: results}, err
	})
	handle("POST "+mailbox.Path, func(r *http.Request) (any, error) {
		var in mailbox.Thread
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxImport)).Decode(&in); err != nil {
			return nil, cvd.ErrUnreadable
		}
		return h.importer().Take(r.Context(), in)
	})
	handle("GET /api/v1/admin/advisories/{format}", func(r *http.Request) (any, error) {
		return h.Exchange().Export(r.Context(), r.PathValue("format"), cvd.AdvisoryID(r.URL.Query().Get("after")))
	})
	handle("GET /api/v1/admin/histories", func(r *http.Request) (any, error) {
		return h.CheckHistories(r.Context(), false)
	})
	handle("POST /api/v1/admin/doctor", func(r *http.Request) (any, error) {
		// A running server may have uploads and changes under way, so it only
		// looks; the repair is for a folder that nobody else works in.
		return h.Doctor(r.Context(), r.URL.Query().Get("repair") == "true" && h.Options.Alone)
	})
}

// asks is whose token the request carries; a stranger without one that opens something.
func (h *House) asks(r *http.Request) cvd.Actor {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if by, err := h.Auth.Token(r.Context(), secret); err == nil {
		return by
	}
	return cvd.Stranger
}
