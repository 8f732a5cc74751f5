// Package openapi makes the OpenAPI 3.1 text of the API from the table of its
// operations and the Go types of what they take and give.
//
// It never serves anything, and nothing outside it knows the library that it
// makes schemas with.
package openapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/words"
)

// version counts what clients can see. Members are added, never renamed.
const version = "1.0.0"

// Access says whom an operation asks for.
type Access int

// The kinds of access.
const (
	Open      Access = iota // nobody
	ByReceipt               // the holder of a receipt
	ByToken                 // a member or a machine, by token
	Freely                  // anybody; a token shows more
)

// The schemes of the Authorization header.
const (
	Receipt = "Receipt"
	Bearer  = "Bearer"
)

const typeJSON = "application/json"

// Operation is one line of the table.
type Operation struct {
	Method, Path string
	Access       Access
	Query        []Query
	Body         *Body
	Status       int      // of success
	Gives        any      // an example of the answer's type; nil for none
	Media        string   // of the answer, if it is not JSON
	Also         []int    // problems beside those that every operation has
	Headers      []string // of the request
	Name         string   // the operation's id
	// Short and Long describe it; a verb of a case, named case-<verb>, is called
	// as in the catalogue.
	Short, Long string
}

// Query is one member of an address's query.
type Query struct {
	Name  string
	Flag  bool // true or false
	About string
	// Of are the words that it takes; with List it takes several, joined by commas.
	Of   []string
	List bool
	Most int  // of a number, from 1
	Time bool // an instant
}

// Body is what an operation takes.
type Body struct {
	Of       any      // an example of its type
	Members  []string // of that type; nil for all
	Needs    []string
	Optional bool
	Media    []string // if it is not JSON
	File     bool     // multipart, with these members before the file
}

// Document is what the text is made from.
type Document struct {
	Voice      *words.Voice
	Operations []*Operation
	Problem    any            // an example of a refusal's type
	Problems   map[int]string // what a refusal with this status can be
	Preview    any            // what an operation with the query preview may give instead
	// Limit is the most characters of a member of a body, or of each of its items, and
	// the most of these; 0 for none.
	Limit func(of any, member string) (chars, items int)
}

// JSON is the OpenAPI 3.1.0 text.
func (a *Document) JSON() ([]byte, error) {
	d := describer{a: a, types: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)}
	for t, s := range schemas() {
		d.types.RegisterTypeAlias(t, s)
	}
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Fairlead", Version: version, Description: a.Voice.Say("api.about")},
		Components: &huma.Components{Schemas: d.types, SecuritySchemes: map[string]*huma.SecurityScheme{
			Receipt: {Type: "apiKey", In: "header", Name: "Authorization", Description: a.Voice.Say("api.receipt")},
			Bearer:  {Type: "http", Scheme: "bearer", Description: a.Voice.Say("api.bearer")},
		}},
	}
	doc.Components.Responses = d.problems()
	for _, o := range a.Operations {
		doc.AddOperation(d.operation(o))
	}
	d.finish()
	return json.Marshal(doc)
}

type describer struct {
	a     *Document
	types huma.Registry
}

var pathParam = regexp.MustCompile(`\{([a-z]+)\}`)

func (d *describer) operation(r *Operation) *huma.Operation {
	op := &huma.Operation{
		Method: r.Method, Path: r.Path, OperationID: r.Name, Summary: r.Short, Description: r.Long,
		Responses: map[string]*huma.Response{},
	}
	if op.Summary == "" {
		op.Summary = d.a.Voice.Say("verb." + r.Name[len("case-"):])
	}
	for _, m := range pathParam.FindAllStringSubmatch(r.Path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	for _, q := range r.Query {
		op.Parameters = append(op.Parameters, q.param())
	}
	for _, h := range r.Headers {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: h, In: "header", Description: d.a.Voice.Say("api.header." + h),
			Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[ -~]{1,255}$"},
		})
	}
	switch r.Access {
	case ByReceipt:
		op.Security = []map[string][]string{{Receipt: {}}}
	case ByToken:
		op.Security = []map[string][]string{{Bearer: {string(r.Scope())}}}
	case Freely:
		op.Security = []map[string][]string{{}, {Bearer: {}}}
	}
	if r.Body != nil {
		op.RequestBody = d.body(r)
	}
	d.answers(op, r)
	return op
}

func (q *Query) param() *huma.Param {
	s := &huma.Schema{Type: huma.TypeString}
	for _, word := range q.Of {
		s.Enum = append(s.Enum, word)
	}
	p := &huma.Param{Name: q.Name, In: "query", Description: q.About, Schema: s}
	switch {
	case q.Flag:
		s.Type = huma.TypeBoolean
	case q.Time:
		s.Format = "date-time"
	case q.Most > 0:
		s.Type, s.Minimum, s.Maximum = huma.TypeInteger, of(1.0), of(float64(q.Most))
	case q.List:
		p.Schema, p.Style, p.Explode = &huma.Schema{Type: huma.TypeArray, Items: s}, "form", of(false)
	}
	return p
}

func of[T any](v T) *T { return &v }

// answers describes success, and each problem that can come instead.
func (d *describer) answers(op *huma.Operation, r *Operation) {
	ok := &huma.Response{Description: http.StatusText(r.Status)}
	switch {
	case r.Media != "":
		ok.Content = map[string]*huma.MediaType{r.Media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	case r.Gives != nil:
		s := d.schema(r.Gives, r.Name)
		if len(r.Query) > 0 && r.Query[0].Name == "preview" {
			s = &huma.Schema{AnyOf: []*huma.Schema{s, d.schema(d.a.Preview, "")}}
		}
		ok.Content = map[string]*huma.MediaType{typeJSON: {Schema: s}}
	}
	op.Responses[strconv.Itoa(r.Status)] = ok
	also := append([]int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, r.Also...)
	if r.Access != Open {
		also = append(also, http.StatusUnauthorized)
	}
	if r.Access == ByToken || r.Method != http.MethodGet {
		also = append(also, http.StatusForbidden)
	}
	also = append(also, http.StatusBadRequest, http.StatusUnprocessableEntity) // at least of the query
	for _, status := range also {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problemName(status)}
	}
}

func problemName(status int) string { return "Problem" + strconv.Itoa(status) }

// problems describes all of them, by status.
func (d *describer) problems() map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for status, text := range d.a.Problems {
		out[problemName(status)] = &huma.Response{
			Description: strings.TrimSpace(text),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: d.schema(d.a.Problem, "")}},
		}
	}
	return out
}

func (d *describer) schema(v any, hint string) *huma.Schema {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Map {
		return &huma.Schema{Type: huma.TypeObject}
	}
	return d.types.Schema(t, true, hint)
}

// body describes what an operation takes: of a type that several share, only
// the members that this one takes.
func (d *describer) body(r *Operation) *huma.RequestBody {
	b := r.Body
	out := &huma.RequestBody{Required: !b.Optional, Content: map[string]*huma.MediaType{}}
	if len(b.Media) > 0 {
		for _, m := range b.Media {
			out.Content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		return out
	}
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}, Required: b.Needs}
	if b.File {
		s.Properties["file"] = &huma.Schema{Type: huma.TypeString, Format: "binary"}
		s.Required = append([]string{"file"}, b.Needs...)
		for _, name := range b.Members {
			one := &huma.Schema{Type: huma.TypeString, Description: d.a.Voice.Say("api.input." + name)}
			s.Properties[name] = d.limit(cvd.Input{}, name, one)
		}
		out.Content["multipart/form-data"] = &huma.MediaType{Schema: s}
		return out
	}
	for name, one := range d.types.Schema(reflect.TypeOf(b.Of), false, r.Name).Properties {
		if name == "unknown_product" || (reflect.TypeOf(b.Of) == reflect.TypeFor[cvd.Input]() && !slices.Contains(b.Members, name)) {
			continue
		}
		s.Properties[name] = d.limit(b.Of, name, d.about(b.Of, r.Name, name, one))
	}
	out.Content[typeJSON] = &huma.MediaType{Schema: s}
	return out
}

// about adds the words of the catalogue to a member that has none in its type: those for
// the operation, else those that all have in common.
func (d *describer) about(asked any, operation, name string, s *huma.Schema) *huma.Schema {
	area := "report."
	switch asked.(type) {
	case cvd.Input:
		area = "input."
	case cvd.Contact:
		area = "contact."
	}
	if s.Ref != "" {
		return s
	}
	c := *s
	c.Nullable = false
	common := "api." + area + name
	for _, id := range []string{common + "." + operation, common} {
		if c.Description == "" && d.a.Voice.Has(id) {
			c.Description = d.a.Voice.Say(id)
		}
	}
	return &c
}

// limit adds to a member how much it takes, where its type does not say.
func (d *describer) limit(asked any, name string, s *huma.Schema) *huma.Schema {
	chars, items := d.a.Limit(asked, name)
	c := *s
	switch {
	case s.Type == huma.TypeString && s.Format == "" && len(s.Enum) == 0 && s.MaxLength == nil && chars > 0:
		c.MaxLength = of(chars)
	case s.Type == huma.TypeArray && s.MaxItems == nil && items > 0:
		c.MaxItems, c.Items = of(items), d.limit(asked, name, s.Items)
	case s.Type == huma.TypeObject && s.MaxProperties == nil && items > 0:
		c.MaxProperties = of(items)
	case len(s.OneOf) > 0:
		c.OneOf = slices.Clone(s.OneOf)
		lines := slices.ContainsFunc(s.OneOf, func(one *huma.Schema) bool { return one.Type == huma.TypeArray })
		for i, one := range s.OneOf {
			if !lines || one.Type == huma.TypeArray { // else the text holds all items
				c.OneOf[i] = d.limit(asked, name, one)
			}
		}
	}
	return &c
}

// finish brings the shared schemas in line with what is sent: answers may gain
// members over time, lists are never null, and what may be null says so.
func (d *describer) finish() {
	for name, s := range d.types.Map() {
		goType := d.types.TypeFromRef("#/components/schemas/" + name)
		asked := goType == reflect.TypeFor[cvd.Contact]()
		if !asked {
			s.AdditionalProperties = nil
		}
		nullable := nullables(goType)
		for member, one := range s.Properties {
			one.Nullable = one.Nullable && one.Type != huma.TypeArray
			if asked {
				one = d.limit(cvd.Contact{}, member, d.about(cvd.Contact{}, "", member, one))
			}
			if one.Ref != "" && nullable[member] {
				one = &huma.Schema{OneOf: []*huma.Schema{{Ref: one.Ref}, {Type: "null"}}, Description: one.Description}
			}
			s.Properties[member] = one
		}
	}
}

// nullables are the members that are written as null when there is nothing.
func nullables(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		name, opt, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[name] = f.Type.Kind() == reflect.Pointer && !strings.Contains(opt, "omit")
	}
	return out
}

// Types of the field that JSON writes in more than one way, or as text.
type (
	answerSchema struct{}
	linesSchema  struct{}
	creditSchema struct{}
	extraSchema  struct{}
)

func schemas() map[reflect.Type]reflect.Type {
	return map[reflect.Type]reflect.Type{
		reflect.TypeFor[cvd.Answer](): reflect.TypeFor[answerSchema](),
		reflect.TypeFor[cvd.Lines]():  reflect.TypeFor[linesSchema](),
		reflect.TypeFor[cvd.Credit](): reflect.TypeFor[creditSchema](),
		reflect.TypeFor[cvd.Extra]():  reflect.TypeFor[extraSchema](),
	}
}

var text = &huma.Schema{Type: huma.TypeString}

// Schema of a yes, a no, or words.
func (answerSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{text, {Type: huma.TypeBoolean}}}
}

// Schema of a list of texts, or one text with a line for each.
func (linesSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{text, {Type: huma.TypeArray, Items: text}}}
}

// Schema of any JSON, by name.
func (extraSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Schema of credit wishes, in short or with a name.
func (creditSchema) Schema(huma.Registry) *huma.Schema {
	wanted := []any{"name", "anonymous", "none"}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Enum: wanted},
		{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{"wanted": {OneOf: []*huma.Schema{{Type: huma.TypeString, Enum: wanted}, {Type: huma.TypeBoolean}}}, "as": {Type: huma.TypeString, MaxLength: of(intake.Most("reporter.credit.as"))}}},
	}}
}
