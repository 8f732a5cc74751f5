-- +goose Up
-- Whether an appeal of the case waits for its answer: a flag of store.Case like unread.
ALTER TABLE cases ADD COLUMN appeal BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX cases_appeal_due ON cases (closed, next_due, id) WHERE appeal;
CREATE INDEX cases_appeal_created ON cases (closed, created, id) WHERE appeal;
CREATE INDEX cases_appeal_updated ON cases (closed, updated, id) WHERE appeal;
