package mailroom

import (
	"context"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/may"
)

// Open opens a case from a mail, as a report by its sender, received when the mail
// came. program may be empty: then the address tells that it was sent to.
func (r *Room) Open(ctx context.Context, by cvd.Actor, id, program string, wrong ...cvd.Fault) (casework.Accepted, error) {
	if err := enter(by, may.Change); err != nil {
		return casework.Accepted{}, err
	}
	faults := cvd.Faults(wrong)
	if cur := r.Book.Current(); program != "" && cur != nil {
		if _, ok := cur.Policy.Program(program); !ok {
			faults = intake.Join(faults, cvd.Faults{{Field: "program", Problem: "no such program", Remedy: "leave it out, or choose one that the policy names"}})
		}
	}
	if err := faults.Err(); err != nil {
		return casework.Accepted{}, err
	}
	_, err := r.item(ctx, by, may.Change, id)
	return casework.Accepted{}, err
}

// Add adds a mail to a case, as the words of its reporter and on the member's word.
func (r *Room) Add(ctx context.Context, by cvd.Actor, id, to string, wrong ...cvd.Fault) (cvd.CaseID, error) {
	if err := enter(by, may.Change); err != nil {
		return "", err
	}
	faults := cvd.Faults(wrong)
	target, err := cvd.ParseCaseID(to)
	if err != nil {
		faults = intake.Join(faults, cvd.Faults{{Field: "case", Problem: "is no case id", Remedy: "write it as the case shows it, such as FL-2026-7KQ4MXZ"}})
	}
	if err := faults.Err(); err != nil {
		return "", err
	}
	_, err = r.item(ctx, by, may.Change, id)
	return target, err
}
