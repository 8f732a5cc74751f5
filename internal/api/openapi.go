package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"fairlead/internal/cvd"
)

// apiVersion counts what clients can see. Members are added, never renamed.
const apiVersion = "1.0.0"

// describe serves the document. It holds nothing that is not public.
func (c *call) describe() error {
	b, err := c.document()
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Content-Type", typeJSON)
	_, _ = c.w.Write(b)
	return nil
}

// openAPI makes the document (OpenAPI 3.1.0) from the table of routes.
func (a *api) openAPI() ([]byte, error) {
	d := describer{a: a, types: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)}
	for t, s := range schemas() {
		d.types.RegisterTypeAlias(t, s)
	}
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Fairlead", Version: apiVersion, Description: a.voice.Say("api.about")},
		Components: &huma.Components{Schemas: d.types, SecuritySchemes: map[string]*huma.SecurityScheme{
			schemeReceipt: {Type: "apiKey", In: "header", Name: "Authorization", Description: a.voice.Say("api.receipt")},
			schemeBearer:  {Type: "http", Scheme: "bearer", Description: a.voice.Say("api.bearer")},
		}},
	}
	doc.Components.Responses = d.problems()
	for i := range a.routes {
		doc.AddOperation(d.operation(&a.routes[i]))
	}
	d.finish()
	return json.MarshalIndent(doc, "", "  ")
}

type describer struct {
	a     *api
	types huma.Registry
}

var pathParam = regexp.MustCompile(`\{([a-z]+)\}`)

func (d *describer) operation(r *route) *huma.Operation {
	op := &huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.name, Summary: r.short, Description: r.long,
		Responses: map[string]*huma.Response{},
	}
	if op.Summary == "" {
		op.Summary = d.a.voice.Say("verb." + r.name[len("case-"):])
	}
	for _, m := range pathParam.FindAllStringSubmatch(r.path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	for _, q := range r.query {
		s := &huma.Schema{Type: huma.TypeString}
		if q.flag {
			s.Type = huma.TypeBoolean
		}
		op.Parameters = append(op.Parameters, &huma.Param{Name: q.name, In: "query", Description: q.about, Schema: s})
	}
	for _, h := range r.headers {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: h, In: "header", Description: d.a.voice.Say("api.header." + h),
			Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[ -~]{1,255}$"},
		})
	}
	switch r.access {
	case byReceipt:
		op.Security = []map[string][]string{{schemeReceipt: {}}}
	case byToken:
		op.Security = []map[string][]string{{schemeBearer: {}}}
	case freely:
		op.Security = []map[string][]string{{}, {schemeBearer: {}}}
	}
	if r.body != nil {
		op.RequestBody = d.body(r)
	}
	d.answers(op, r)
	return op
}

// answers describes success, and each problem that can come instead.
func (d *describer) answers(op *huma.Operation, r *route) {
	ok := &huma.Response{Description: http.StatusText(r.status)}
	switch {
	case r.media != "":
		ok.Content = map[string]*huma.MediaType{r.media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	case r.gives != nil:
		s := d.schema(r.gives, r.name)
		if len(r.query) > 0 && r.query[0].name == "preview" {
			s = &huma.Schema{AnyOf: []*huma.Schema{s, d.schema(preview{}, "")}}
		}
		ok.Content = map[string]*huma.MediaType{typeJSON: {Schema: s}}
	}
	op.Responses[strconv.Itoa(r.status)] = ok
	also := append([]int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, r.also...)
	if r.access != open {
		also = append(also, http.StatusUnauthorized)
	}
	if len(r.query) > 0 {
		also = append(also, http.StatusBadRequest, http.StatusUnprocessableEntity)
	}
	for _, status := range also {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problemName(status)}
	}
}

func problemName(status int) string { return "Problem" + strconv.Itoa(status) }

// problems describes all of them, by status.
func (d *describer) problems() map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for _, k := range append(slices.Clone(kinds), internal) {
		out[problemName(k.status)] = d.problem(k.status)
	}
	return out
}

func (d *describer) problem(status int) *huma.Response {
	text := ""
	for _, k := range append(slices.Clone(kinds), internal) {
		if k.status == status {
			text += fmt.Sprintf("`%s%s`: %s. ", problemURN, k.name, d.a.voice.Say("api.problem."+k.name))
		}
	}
	return &huma.Response{
		Description: text[:len(text)-1],
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: d.schema(problem{}, "")}},
	}
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
func (d *describer) body(r *route) *huma.RequestBody {
	b := r.body
	out := &huma.RequestBody{Required: !b.optional, Content: map[string]*huma.MediaType{}}
	if len(b.media) > 0 {
		for _, m := range b.media {
			out.Content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		return out
	}
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}, Required: b.needs}
	if b.file {
		s.Properties["file"] = &huma.Schema{Type: huma.TypeString, Format: "binary"}
		s.Required = []string{"file"}
		for _, name := range b.members {
			s.Properties[name] = &huma.Schema{Type: huma.TypeString, Description: d.a.voice.Say("api.input." + name)}
		}
		out.Content["multipart/form-data"] = &huma.MediaType{Schema: s}
		return out
	}
	for name, one := range d.types.Schema(reflect.TypeOf(b.of), false, r.name).Properties {
		if name == "unknown_product" || (reflect.TypeOf(b.of) == reflect.TypeFor[cvd.Input]() && !slices.Contains(b.members, name)) {
			continue
		}
		one = d.about(b.of, name, one)
		s.Properties[name] = one
	}
	out.Content[typeJSON] = &huma.MediaType{Schema: s}
	return out
}

// about adds the words of the catalogue to a member that has none in its type.
func (d *describer) about(of any, name string, s *huma.Schema) *huma.Schema {
	area := "report."
	switch of.(type) {
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
	if id := "api." + area + name; c.Description == "" && d.a.voice.Has(id) {
		c.Description = d.a.voice.Say(id)
	}
	return &c
}

// finish brings the shared schemas in line with what is sent: answers may gain
// members over time, lists are never null, and what may be null says so.
func (d *describer) finish() {
	for name, s := range d.types.Map() {
		of := d.types.TypeFromRef("#/components/schemas/" + name)
		asked := of == reflect.TypeFor[cvd.Contact]()
		if !asked {
			s.AdditionalProperties = nil
		}
		nullable := nullables(of)
		for member, one := range s.Properties {
			one.Nullable = one.Nullable && one.Type != huma.TypeArray
			if asked {
				one = d.about(cvd.Contact{}, member, one)
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
)

func schemas() map[reflect.Type]reflect.Type {
	return map[reflect.Type]reflect.Type{
		reflect.TypeFor[cvd.Answer](): reflect.TypeFor[answerSchema](),
		reflect.TypeFor[cvd.Lines]():  reflect.TypeFor[linesSchema](),
		reflect.TypeFor[cvd.Credit](): reflect.TypeFor[creditSchema](),
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

// Schema of credit wishes, in short or with a name.
func (creditSchema) Schema(huma.Registry) *huma.Schema {
	wanted := []any{"name", "anonymous", "none"}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Enum: wanted},
		{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{"wanted": {OneOf: []*huma.Schema{{Type: huma.TypeString, Enum: wanted}, {Type: huma.TypeBoolean}}}, "as": text}},
	}}
}
