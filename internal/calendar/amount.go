package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Unit is what an Amount counts.
type Unit string

// The units. Hours and Days are plain elapsed time, a day being 24 hours whatever the clocks do.
const (
	BusinessDays  Unit = "business-days"
	BusinessHours Unit = "business-hours"
	Hours         Unit = "hours"
	Days          Unit = "days"
)

// MaxAmount is the largest number an Amount may hold: 100,000 days are some 273 years.
const MaxAmount = 100_000

const amountForms = `write a whole number up to 100000 and one of "business days", "business hours", "hours", "days" or "weeks", such as "2 business days"`

// Amount is a length of business or calendar time, as a policy promises it.
type Amount struct {
	N    int
	Unit Unit
}

var unitWords = map[string]Amount{
	"business day": {1, BusinessDays}, "business days": {1, BusinessDays},
	"business hour": {1, BusinessHours}, "business hours": {1, BusinessHours},
	"hour": {1, Hours}, "hours": {1, Hours},
	"day": {1, Days}, "days": {1, Days},
	"week": {7, Days}, "weeks": {7, Days},
}

// ParseAmount reads an amount such as "1 business day", "4 business hours", "48 hours", "7 days" or "1 week", which
// is 7 days. Upper case and blanks do not matter. The number lies between 0 and MaxAmount, weeks counted in days; all else is a
// cvd.ErrInvalid.
func ParseAmount(s string) (Amount, error) {
	words := strings.Fields(strings.ToLower(s))
	if len(words) < 2 {
		return Amount{}, badAmount("a number or a unit is missing")
	}
	unit, ok := unitWords[strings.Join(words[1:], " ")]
	if !ok {
		return Amount{}, badAmount("the unit is not known")
	}
	for _, r := range words[0] {
		if r < '0' || r > '9' {
			return Amount{}, badAmount("it does not begin with a whole number")
		}
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n > MaxAmount/unit.N {
		return Amount{}, badAmount("it is too large")
	}
	return Amount{N: n * unit.N, Unit: unit.Unit}, nil
}

// badAmount is the refusal of an amount. It does not repeat the text, which may be a stranger's.
func badAmount(problem string) error {
	return fmt.Errorf("%w amount of time: %s: %s", cvd.ErrInvalid, problem, amountForms)
}

// String is the amount in English, as ParseAmount reads it back: "1 business day", "48 hours". The zero Amount is "".
func (a Amount) String() string {
	if a.Unit == "" && a.N == 0 {
		return ""
	}
	unit := strings.ReplaceAll(string(a.Unit), "-", " ")
	if a.N == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return strconv.Itoa(a.N) + " " + unit
}

// IsZero reports whether the amount is none at all, in whatever unit.
func (a Amount) IsZero() bool { return a.N == 0 }

// Business reports whether the amount counts working time only.
func (a Amount) Business() bool { return a.Unit == BusinessDays || a.Unit == BusinessHours }

// MarshalText is String, and refuses what ParseAmount would not read back.
func (a Amount) MarshalText() ([]byte, error) {
	text := a.String()
	if text == "" {
		return nil, nil
	}
	if back, err := ParseAmount(text); err != nil {
		return nil, err
	} else if back != a {
		return nil, badAmount("a number or a unit is missing")
	}
	return []byte(text), nil
}

// UnmarshalText is ParseAmount; an empty text is the zero Amount.
func (a *Amount) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Amount{}
		return nil
	}
	parsed, err := ParseAmount(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// count is N within its bounds: an Amount written in code is not checked by ParseAmount.
func (a Amount) count() int64 { return int64(min(max(a.N, 0), MaxAmount)) }

// plain is the elapsed time of an amount in Hours or Days.
func (a Amount) plain() time.Duration {
	switch a.Unit {
	case Days:
		return time.Duration(a.count()) * 24 * time.Hour
	case Hours:
		return time.Duration(a.count()) * time.Hour
	default:
		return 0
	}
}
