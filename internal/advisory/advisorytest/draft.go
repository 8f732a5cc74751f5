package advisorytest

import (
	"bytes"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// drafts loads the draft's schemas from the folders that they came in. Those of
// extensions, of which we write none, use patterns that Go has not: they are left out.
type drafts []string

func (b drafts) Load(url string) (any, error) {
	name := path.Base(url)
	if strings.HasPrefix(name, "extension-") {
		return true, nil
	}
	var err error
	for _, folder := range b {
		var v any
		if v, err = (jsonschema.FileLoader{}).Load("file://" + filepath.ToSlash(filepath.Join(folder, name))); err == nil {
			return v, nil
		}
	}
	return nil, err
}

// DraftSchema is that of CSAF 2.1, committee specification draft 03.
func DraftSchema(t testing.TB) func(doc []byte) error {
	t.Helper()
	root := Shared(t, "oasis-csaf", "csaf_2.1")
	c := jsonschema.NewCompiler()
	c.UseLoader(drafts{filepath.Join(root, "json_schema"), filepath.Join(root, "referenced_schema", "first"), filepath.Join(root, "referenced_schema", "certcc")})
	c.AssertFormat()
	s, err := c.Compile("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(doc []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}
