package smime

import (
	"encoding/asn1"
	"fmt"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// Limits on what a stranger's structure may be built of. The library follows it as deep as it goes, and copies at each depth.
const (
	maxDepth   = 32
	maxObjects = 1 << 16
)

// bounded walks over a BER structure (X.690 section 8) without keeping anything, and gives its content type. What the
// library might read otherwise is refused: an inner object that is longer than the one around it, tags of several bytes,
// anything after the end.
func bounded(ber []byte) (asn1.ObjectIdentifier, error) {
	if len(ber) > pgp.MaxMessage {
		return nil, fmt.Errorf("%w: an S/MIME message has at most %d MiB", cvd.ErrTooLarge, pgp.MaxMessage>>20)
	}
	w := walk{ber: ber}
	end, err := w.object(0, len(ber), 0)
	if err != nil {
		return nil, err
	}
	if end != len(ber) || len(w.kind) == 0 {
		return nil, ErrDamaged
	}
	var kind asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(w.kind, &kind); err != nil || len(rest) > 0 {
		return nil, ErrDamaged
	}
	return kind, nil
}

type walk struct {
	ber     []byte
	objects int
	kind    []byte // the first object identifier at depth one
}

// object goes over the object at a position, which must end by limit, and gives where it ends.
func (w *walk) object(at, limit, depth int) (int, error) {
	if w.objects++; depth > maxDepth || w.objects > maxObjects {
		return 0, fmt.Errorf("%w: an S/MIME message is nested more than %d deep or has more than %d objects", cvd.ErrTooLarge, maxDepth, maxObjects)
	}
	start := at
	if limit-at < 2 || w.ber[at]&0x1f == 0x1f {
		return 0, ErrDamaged
	}
	constructed := w.ber[at]&0x20 != 0
	length, at, err := w.length(at+1, limit)
	if err != nil {
		return 0, err
	}
	if length < 0 {
		if !constructed {
			return 0, ErrDamaged
		}
		return w.endless(at, limit, depth)
	}
	end := at + length
	if end > limit {
		return 0, ErrDamaged
	}
	if !constructed {
		if depth == 1 && w.kind == nil && w.ber[start] == asn1.TagOID {
			w.kind = w.ber[start:end]
		}
		return end, nil
	}
	for at < end {
		if at, err = w.object(at, end, depth+1); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// length reads a length of at most four bytes; -1 is the indefinite one.
func (w *walk) length(at, limit int) (length, next int, err error) {
	first := w.ber[at]
	at++
	switch n := int(first & 0x7f); {
	case first < 0x80:
		return int(first), at, nil
	case n == 0:
		return -1, at, nil
	case n > 4 || limit-at < n || w.ber[at] == 0 || (n == 4 && w.ber[at] > 0x7f):
		return 0, 0, ErrDamaged
	default:
		for range n {
			length = length<<8 | int(w.ber[at])
			at++
		}
		return length, at, nil
	}
}

// endless goes over the objects of one without a length, up to its two zero bytes. It holds at least one.
func (w *walk) endless(at, limit, depth int) (int, error) {
	for {
		var err error
		if at, err = w.object(at, limit, depth+1); err != nil {
			return 0, err
		}
		if limit-at < 2 {
			return 0, ErrDamaged
		}
		if w.ber[at] == 0 && w.ber[at+1] == 0 {
			return at + 2, nil
		}
	}
}
