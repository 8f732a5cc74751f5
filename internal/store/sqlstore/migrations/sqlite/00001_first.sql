-- +goose Up
-- The columns say what store.Case, store.Event, store.Key, store.Effect and
-- store.Record say. Instants are microseconds since 1970 in UTC; those that may
-- be "never" (next_due, wake, expires) hold the greatest integer for it, so that
-- never comes last. Empty byte strings are kept as NULL.
CREATE TABLE cases (
    id          TEXT NOT NULL PRIMARY KEY,
    program     TEXT NOT NULL,
    rm          TEXT NOT NULL,
    em          TEXT NOT NULL,
    facts       TEXT NOT NULL,
    band        TEXT NOT NULL,
    assignee    TEXT NOT NULL,
    next_due    INTEGER NOT NULL,
    next_kind   TEXT NOT NULL,
    wake        INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    policy      INTEGER NOT NULL,
    cluster     TEXT NOT NULL,
    closed      INTEGER NOT NULL CHECK (closed IN (0, 1)),
    emergency   INTEGER NOT NULL CHECK (emergency IN (0, 1)),
    privacy     INTEGER NOT NULL CHECK (privacy IN (0, 1)),
    paused      INTEGER NOT NULL CHECK (paused IN (0, 1)),
    unread      INTEGER NOT NULL CHECK (unread IN (0, 1)),
    breached    INTEGER NOT NULL CHECK (breached IN (0, 1)),
    sealed      BLOB,
    wrapped_key BLOB,
    kek         TEXT NOT NULL
) STRICT;
-- One family of indexes for each way in: what is equal first, then the order of
-- the list. A list reads one of them from the cursor on and never sorts.
CREATE INDEX cases_open_due ON cases (closed, next_due, id);
CREATE INDEX cases_open_created ON cases (closed, created, id);
CREATE INDEX cases_open_updated ON cases (closed, updated, id);
CREATE INDEX cases_program_due ON cases (program, closed, next_due, id);
CREATE INDEX cases_program_created ON cases (program, closed, created, id);
CREATE INDEX cases_program_updated ON cases (program, closed, updated, id);
CREATE INDEX cases_assignee_due ON cases (assignee, closed, next_due, id);
CREATE INDEX cases_assignee_created ON cases (assignee, closed, created, id);
CREATE INDEX cases_assignee_updated ON cases (assignee, closed, updated, id);
CREATE INDEX cases_rm_due ON cases (rm, next_due, id);
CREATE INDEX cases_rm_created ON cases (rm, created, id);
CREATE INDEX cases_rm_updated ON cases (rm, updated, id);
CREATE INDEX cases_band_due ON cases (band, closed, next_due, id) WHERE band <> '';
CREATE INDEX cases_band_created ON cases (band, closed, created, id) WHERE band <> '';
CREATE INDEX cases_band_updated ON cases (band, closed, updated, id) WHERE band <> '';
CREATE INDEX cases_emergency_due ON cases (closed, next_due, id) WHERE emergency;
CREATE INDEX cases_emergency_created ON cases (closed, created, id) WHERE emergency;
CREATE INDEX cases_emergency_updated ON cases (closed, updated, id) WHERE emergency;
CREATE INDEX cases_privacy_due ON cases (closed, next_due, id) WHERE privacy;
CREATE INDEX cases_privacy_created ON cases (closed, created, id) WHERE privacy;
CREATE INDEX cases_privacy_updated ON cases (closed, updated, id) WHERE privacy;
CREATE INDEX cases_paused_due ON cases (closed, next_due, id) WHERE paused;
CREATE INDEX cases_paused_created ON cases (closed, created, id) WHERE paused;
CREATE INDEX cases_paused_updated ON cases (closed, updated, id) WHERE paused;
CREATE INDEX cases_unread_due ON cases (closed, next_due, id) WHERE unread;
CREATE INDEX cases_unread_created ON cases (closed, created, id) WHERE unread;
CREATE INDEX cases_unread_updated ON cases (closed, updated, id) WHERE unread;
CREATE INDEX cases_breached_due ON cases (closed, next_due, id) WHERE breached;
CREATE INDEX cases_breached_created ON cases (closed, created, id) WHERE breached;
CREATE INDEX cases_breached_updated ON cases (closed, updated, id) WHERE breached;
CREATE INDEX cases_wake ON cases (wake, id) WHERE wake < 9223372036854775807;
CREATE INDEX cases_kek ON cases (kek, id) WHERE wrapped_key IS NOT NULL;

CREATE TABLE events (
    stream   TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    head     BLOB,
    body_key BLOB,
    sealed   BLOB,
    leaf     BLOB,
    PRIMARY KEY (stream, seq)
) STRICT;

CREATE TABLE participant_keys (
    case_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    wrapped_key BLOB,
    PRIMARY KEY (case_id, name)
) STRICT, WITHOUT ROWID;

-- ready is when the effect may be taken next: at, or the end of its lease.
CREATE TABLE effects (
    ref       TEXT NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    case_id   TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    template  TEXT NOT NULL,
    at        INTEGER NOT NULL,
    state     TEXT NOT NULL,
    attempts  INTEGER NOT NULL,
    leased    INTEGER NOT NULL,
    ready     INTEGER NOT NULL,
    done      INTEGER NOT NULL,
    sealed    BLOB
) STRICT;
CREATE INDEX effects_ready ON effects (ready, ref) WHERE state = 'pending';
CREATE INDEX effects_state ON effects (state, at, ref);
CREATE INDEX effects_case ON effects (case_id, at, ref);

CREATE TABLE records (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    owner   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sealed  BLOB,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX records_at ON records (kind, at, id);
CREATE INDEX records_owner ON records (owner, kind, at, id);
CREATE INDEX records_expires ON records (expires) WHERE expires < 9223372036854775807;

-- One row that Ready writes to, with ballast to notice a full disk.
CREATE TABLE pulse (
    id    INTEGER NOT NULL PRIMARY KEY,
    beats INTEGER NOT NULL,
    ballast BLOB
) STRICT;
INSERT INTO pulse (id, beats) VALUES (1, 0);
