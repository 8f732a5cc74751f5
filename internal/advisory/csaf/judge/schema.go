package judge

import (
	"maps"
	"slices"
	"strconv"
)

func itoa(i int) string { return strconv.Itoa(i) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// What CSAF 2.0 says of each member (section 3, and its JSON schema).
var (
	version = like(`^((0|[1-9][0-9]*)|(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?)$`)
	tag     = like(`^(([A-Za-z]{2,3}(-[A-Za-z]{3}(-[A-Za-z]{3}){0,2})?|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?|[Xx](-[A-Za-z0-9]{1,8})+|[Ii]-[Dd][Ee][Ff][Aa][Uu][Ll][Tt]|[Ii]-[Mm][Ii][Nn][Gg][Oo])$`)
	purl    = like(`^pkg:[A-Za-z.+-][A-Za-z0-9.+-]*/.+`)
	cpe     = like(`^(cpe:2\.3:[aho*-](:(((\?*|\*?)([a-zA-Z0-9._-]|\\[\\*?!"#$%&'()+,/:;<=>@\[\]^` + "`" + `{|}~])+(\?*|\*?))|[*-])){5}:([a-zA-Z]{2,3}(-([a-zA-Z]{2}|[0-9]{3}))?|[*-])(:(((\?*|\*?)([a-zA-Z0-9._-]|\\[\\*?!"#$%&'()+,/:;<=>@\[\]^` + "`" + `{|}~])+(\?*|\*?))|[*-])){4}|[cC][pP][eE]:/[AHOaho]?(:[A-Za-z0-9._~%-]*){0,6})$`)

	ids = set(text)

	acknowledgments = list(object("", fields{"names": list(text), "organization": text, "summary": text, "urls": list(uri)}).atLeast(1))

	notes = list(object("category text", fields{
		"audience": text, "category": words("description details faq general legal_disclaimer other summary"), "text": text, "title": text,
	}))

	references = list(object("summary url", fields{"category": words("external self"), "summary": text, "url": uri}))

	helper = object("", fields{
		"cpe": cpe,
		"hashes": list(object("file_hashes filename", fields{
			"file_hashes": list(object("algorithm value", fields{"algorithm": text, "value": like(`^[0-9a-fA-F]{32,}$`)})), "filename": text,
		})),
		"model_numbers": set(text), "purl": purl, "sbom_urls": list(uri), "serial_numbers": set(text), "skus": list(text),
		"x_generic_uris": list(object("namespace uri", fields{"namespace": uri, "uri": uri})),
	}).atLeast(1)

	product = object("name product_id", fields{"name": text, "product_id": text, "product_identification_helper": helper})

	tree = object("", fields{
		"branches":           branches(),
		"full_product_names": list(product),
		"product_groups":     list(object("group_id product_ids", fields{"group_id": text, "product_ids": set(text).atLeast(2), "summary": text})),
		"relationships": list(object("category full_product_name product_reference relates_to_product_reference", fields{
			"category":          words("default_component_of external_component_of installed_on installed_with optional_component_of"),
			"full_product_name": product, "product_reference": text, "relates_to_product_reference": text,
		})),
	}).atLeast(1)

	header = object("category csaf_version publisher title tracking", fields{
		"acknowledgments":    acknowledgments,
		"aggregate_severity": object("text", fields{"namespace": uri, "text": text}),
		"category":           like(`^[^\s\-_.](.*[^\s\-_.])?$`),
		"csaf_version":       words("2.0"),
		"distribution": object("", fields{
			"text": text, "tlp": object("label", fields{"label": words("AMBER GREEN RED WHITE"), "url": uri}),
		}).atLeast(1),
		"lang": tag, "notes": notes,
		"publisher": object("category name namespace", fields{
			"category": words("coordinator discoverer other translator user vendor"), "contact_details": text, "issuing_authority": text, "name": text, "namespace": uri,
		}),
		"references": references, "source_lang": tag, "title": text,
		"tracking": object("current_release_date id initial_release_date revision_history status version", fields{
			"aliases": set(text), "current_release_date": instant,
			"generator": object("engine", fields{"date": instant, "engine": object("name", fields{"name": text, "version": text})}),
			"id":        like(`^\S(.*\S)?$`), "initial_release_date": instant,
			"revision_history": list(object("date number summary", fields{"date": instant, "legacy_version": text, "number": version, "summary": text})),
			"status":           words("draft final interim"), "version": version,
		}),
	})

	status = object("", fields{
		"first_affected": ids, "first_fixed": ids, "fixed": ids, "known_affected": ids, "known_not_affected": ids, "last_affected": ids, "recommended": ids, "under_investigation": ids,
	}).atLeast(1)

	remediation = object("category details", fields{
		"category": words("mitigation no_fix_planned none_available vendor_fix workaround"), "date": instant, "details": text, "entitlements": list(text),
		"group_ids": ids, "product_ids": ids, "url": uri,
		"restart_required": object("category", fields{
			"category": words("connected dependencies machine none parent service system vulnerable_component zone"), "details": text,
		}),
	})

	vulnerability = object("", fields{
		"acknowledgments": acknowledgments, "cve": like(`^CVE-[0-9]{4}-[0-9]{4,}$`),
		"cwe":            object("id name", fields{"id": like(`^CWE-[1-9]\d{0,5}$`), "name": text}),
		"discovery_date": instant,
		"flags": set(object("label", fields{
			"date": instant, "group_ids": ids, "product_ids": ids,
			"label": words("component_not_present inline_mitigations_already_exist vulnerable_code_cannot_be_controlled_by_adversary vulnerable_code_not_in_execute_path vulnerable_code_not_present"),
		})),
		"ids": set(object("system_name text", fields{"system_name": text, "text": text})),
		"involvements": set(object("party status", fields{
			"date": instant, "party": words("coordinator discoverer other user vendor"),
			"status": words("completed contact_attempted disputed in_progress not_contacted open"), "summary": text,
		})),
		"notes": notes, "product_status": status, "references": references, "release_date": instant, "remediations": list(remediation),
		"scores": list(object("products", fields{"cvss_v2": cvss2, "cvss_v3": cvss3, "products": ids}).atLeast(2)),
		"threats": list(object("category details", fields{
			"category": words("exploit_status impact target_set"), "date": instant, "details": text, "group_ids": ids, "product_ids": ids,
		})),
		"title": text,
	}).atLeast(1)

	document = object("document", fields{"document": header, "product_tree": tree, "vulnerabilities": list(vulnerability)})
)

// branches hold branches.
func branches() *shape {
	item := object("category name", fields{
		"category": words("architecture host_name language legacy patch_level product_family product_name product_version product_version_range service_pack specification vendor"),
		"name":     text, "product": product,
	}).exactly(3)
	all := list(item)
	item.members["branches"] = all
	return all
}
