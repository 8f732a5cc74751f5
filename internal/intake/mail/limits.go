package mail

import "fairlead/internal/intake"

// MaxMessage is the most octets of one message, in transport form: 25 MiB of files,
// as most providers allow, grown by base64 and line ends.
const MaxMessage = 36 << 20

// The limits, all of them. What breaks one of the first group cannot be trusted to
// have been read whole, so the message is refused whole; it is kept as it came. What
// breaks one of the second group is read up to there: Doubts says so, and what was
// left out is attached as a file, or, where the remark says so, stands in the
// message as it came.
const (
	maxHeader = 512 << 10 // octets of the header of the message, or of a part
	maxFields = 1000      // fields in it

	maxField      = 64 << 10 // octets of one field; the rest stands in the message as it came
	maxParts      = 500      // parts of all levels; the others become one file
	maxDepth      = 20       // levels of parts; what lies deeper becomes a file
	maxFiles      = 100      // files, two of which are kept for what is left over
	maxName       = 200      // characters of a person's name; the rest stands in the message as it came
	maxAddresses  = 500      // of one field; the others stand in the message as it came
	maxReferences = 100      // Message-IDs of one field: the last ones, since a thread grows at its end
	maxID         = 998      // octets of a Message-ID: one line (RFC 5322 section 2.1.1)
	maxResults    = 50       // Authentication-Results and Delivered-To fields: the topmost ones
	maxBoundary   = 1000     // octets; RFC 2046 section 5.1.1 allows 70
	maxAutocrypt  = 64 << 10 // octets of key data, in base64
	maxHTML       = 4 << 20  // octets of HTML of which text is made; a longer one is a file too
	maxQuotes     = 10       // levels of quotation marks that HTML may make
)

// maxText is the most characters of Text, and maxSubject of Subject: what a report
// may have. A longer text is a file too, whole.
var (
	maxText    = intake.Most("description")
	maxSubject = intake.Most("title")
)

// doubt is what could not be read, in plain words, without any content.
type doubt string

const (
	doubtHeader        doubt = "a line of the header is no header field: what follows it was read as text"
	doubtNoHeader      doubt = "the message has no header"
	doubtLongField     doubt = "a header field was longer than 64 KiB and was cut"
	doubtPartHeader    doubt = "the header of a part is too large: the part is attached as it came"
	doubtTwice         doubt = "a header field that may stand once stands there several times: the first one counts"
	doubtFromMany      doubt = "the message names several senders"
	doubtFromNone      doubt = "the message names no sender that can be read"
	doubtAddress       doubt = "an address could not be read"
	doubtAddresses     doubt = "a header field names more than 500 addresses: the others were left out"
	doubtReferences    doubt = "the message refers to more than 100 others: only the last 100 were read"
	doubtDate          doubt = "the date could not be read"
	doubtSubject       doubt = "the subject is longer than a title may be and was cut"
	doubtType          doubt = "a content type could not be read"
	doubtEncoding      doubt = "a transfer encoding is unknown: the part was left as it came"
	doubtBroken        doubt = "a transfer encoding is broken: what could be read of it was kept"
	doubtCharset       doubt = "the character set is unknown or was not declared: the text may read wrongly"
	doubtCharsetBad    doubt = "the character set is not the one that was declared: the text was read as what it is"
	doubtCharacters    doubt = "some characters could not be read"
	doubtControls      doubt = "control characters were left out of the text"
	doubtBoundary      doubt = "the message says that it has parts, but not where they begin"
	doubtUnclosed      doubt = "the last part has no end: the message may be cut off"
	doubtOutside       doubt = "there are words before or after the parts: they stand in the message as it came"
	doubtParts         doubt = "the message has more than 500 parts: the others are attached as one file"
	doubtDepth         doubt = "parts are nested deeper than 20 levels: what lies deeper is attached as a file"
	doubtFiles         doubt = "the message has too many files: the others are attached as one file"
	doubtText          doubt = "the text is longer than a report may be: the whole of it is attached as message.txt"
	doubtHTML          doubt = "the HTML says more than the plain text: it is attached as a file"
	doubtHTMLLong      doubt = "the HTML is larger than 4 MiB: text was made of the beginning, and the whole of it is attached as a file"
	doubtHTMLBlank     doubt = "no words were found in the HTML: it is attached as a file"
	doubtInnerCipher   doubt = "a part of the message is encrypted, but not the message as a whole: the part is attached as a file"
	doubtInlineCipher  doubt = "the text holds an encrypted message in HTML, several, or a broken one: it was left as it is"
	doubtInlineOutside doubt = "words stand around the encrypted message: they were not encrypted"
	doubtInnerSigned   doubt = "a part of the message is signed, but not the message as a whole"
	doubtCipher        doubt = "the message is marked as encrypted or signed, but is not built as that must be"
	doubtAutocrypt     doubt = "an Autocrypt header is not valid and was not used"
	doubtDelivery      doubt = "the delivery status could not be read"
)

// doubts are gathered without repeating one.
type doubts []string

func (d *doubts) add(one doubt) {
	for _, has := range *d {
		if has == string(one) {
			return
		}
	}
	*d = append(*d, string(one))
}
