package register

// Documents are the bytes that Write would publish, in the order of the formats:
// those of a rehearsal are those of the release, if record and policy stay the
// same.
func (p *Publication) Documents() ([]Document, error) {
	var out []Document
	for _, it := range p.items {
		for i, rec := range it.records[1:] {
			var k kept
			if err := p.r.Vault.Read(rec, &k); err != nil {
				return nil, err
			}
			out = append(out, Document{
				ID: it.body.ID, Name: it.body.Documents[i].Name, File: k.File, Media: k.Media, Ext: k.Ext, Revision: k.Revision, TLP: k.TLP,
				Modified: k.Modified, At: k.At, Bytes: k.Bytes, SHA256: k.SHA256, SHA512: k.SHA512, Signature: k.Signature,
			})
		}
	}
	return out, nil
}
