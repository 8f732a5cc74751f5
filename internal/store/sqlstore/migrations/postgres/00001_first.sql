-- +goose Up
-- The columns say what store.Case, store.Event, store.Key, store.Effect and
-- store.Record say. Instants are microseconds since 1970 in UTC; those that may
-- be "never" (next_due, wake, expires) hold the greatest bigint for it, so that
-- never comes last. Empty byte strings are kept as NULL.
CREATE TABLE cases (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    program     TEXT COLLATE "C" NOT NULL,
    rm          TEXT COLLATE "C" NOT NULL,
    em          TEXT COLLATE "C" NOT NULL,
    facts       TEXT COLLATE "C" NOT NULL,
    band        TEXT COLLATE "C" NOT NULL,
    assignee    TEXT COLLATE "C" NOT NULL,
    next_due    BIGINT NOT NULL,
    next_kind   TEXT COLLATE "C" NOT NULL,
    wake        BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    policy      BIGINT NOT NULL,
    cluster     TEXT COLLATE "C" NOT NULL,
    closed      BOOLEAN NOT NULL,
    emergency   BOOLEAN NOT NULL,
    privacy     BOOLEAN NOT NULL,
    paused      BOOLEAN NOT NULL,
    unread      BOOLEAN NOT NULL,
    breached    BOOLEAN NOT NULL,
    sealed      BYTEA,
    wrapped_key BYTEA,
    kek         TEXT COLLATE "C" NOT NULL
);
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
    stream   TEXT COLLATE "C" NOT NULL,
    seq      BIGINT NOT NULL,
    head     BYTEA,
    body_key BYTEA,
    sealed   BYTEA,
    leaf     BYTEA,
    PRIMARY KEY (stream, seq)
);

CREATE TABLE participant_keys (
    case_id     TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    wrapped_key BYTEA,
    PRIMARY KEY (case_id, name)
);

-- ready is when the effect may be taken next: at, or the end of its lease.
CREATE TABLE effects (
    ref       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind      TEXT COLLATE "C" NOT NULL,
    case_id   TEXT COLLATE "C" NOT NULL,
    seq       BIGINT NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    template  TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    attempts  BIGINT NOT NULL,
    leased    BIGINT NOT NULL,
    ready     BIGINT NOT NULL,
    done      BIGINT NOT NULL,
    sealed    BYTEA
);
CREATE INDEX effects_ready ON effects (ready, ref) WHERE state = 'pending';
CREATE INDEX effects_state ON effects (state, at, ref);
CREATE INDEX effects_case ON effects (case_id, at, ref);

CREATE TABLE records (
    kind    TEXT COLLATE "C" NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    owner   TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    version BIGINT NOT NULL,
    sealed  BYTEA,
    PRIMARY KEY (kind, id)
);
CREATE INDEX records_at ON records (kind, at, id);
CREATE INDEX records_owner ON records (owner, kind, at, id);
CREATE INDEX records_expires ON records (expires) WHERE expires < 9223372036854775807;

-- One row that Ready writes to, with ballast to notice a full disk.
CREATE TABLE pulse (
    id    BIGINT NOT NULL PRIMARY KEY,
    beats BIGINT NOT NULL,
    ballast BYTEA
);
INSERT INTO pulse (id, beats) VALUES (1, 0);
