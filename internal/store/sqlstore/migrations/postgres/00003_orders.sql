-- +goose Up
-- Whether a ruling on the case waits for a second person: a flag of store.Case like appeal. Rows of before say no until
-- their case's next event, or until doctor writes them anew.
ALTER TABLE cases ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX cases_pending_due ON cases (closed, next_due, created, id) WHERE pending;
CREATE INDEX cases_pending_created ON cases (closed, created, id) WHERE pending;
CREATE INDEX cases_pending_updated ON cases (closed, updated, id) WHERE pending;
-- Promises fall due at the same end of a working day: such cases go by when they came in.
DROP INDEX cases_open_due;
CREATE INDEX cases_open_due ON cases (closed, next_due, created, id);
DROP INDEX cases_program_due;
CREATE INDEX cases_program_due ON cases (program, closed, next_due, created, id);
DROP INDEX cases_assignee_due;
CREATE INDEX cases_assignee_due ON cases (assignee, closed, next_due, created, id);
DROP INDEX cases_rm_due;
CREATE INDEX cases_rm_due ON cases (rm, next_due, created, id);
DROP INDEX cases_band_due;
CREATE INDEX cases_band_due ON cases (band, closed, next_due, created, id) WHERE band <> '';
DROP INDEX cases_emergency_due;
CREATE INDEX cases_emergency_due ON cases (closed, next_due, created, id) WHERE emergency;
DROP INDEX cases_privacy_due;
CREATE INDEX cases_privacy_due ON cases (closed, next_due, created, id) WHERE privacy;
DROP INDEX cases_paused_due;
CREATE INDEX cases_paused_due ON cases (closed, next_due, created, id) WHERE paused;
DROP INDEX cases_unread_due;
CREATE INDEX cases_unread_due ON cases (closed, next_due, created, id) WHERE unread;
DROP INDEX cases_breached_due;
CREATE INDEX cases_breached_due ON cases (closed, next_due, created, id) WHERE breached;
DROP INDEX cases_appeal_due;
CREATE INDEX cases_appeal_due ON cases (closed, next_due, created, id) WHERE appeal;
-- What nobody rated yet is a part of the order by severity.
CREATE INDEX cases_unrated_due ON cases (closed, next_due, created, id) WHERE band = '';
