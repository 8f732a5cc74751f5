-- name: OneCase :one
SELECT * FROM cases WHERE id = @id;

-- name: InsertCase :execrows
INSERT INTO cases (
    id, program, rm, em, facts, band, assignee, next_due, next_kind, wake, created, updated, version, policy, cluster,
    closed, emergency, privacy, paused, unread, breached, sealed, wrapped_key, kek, appeal, pending
) VALUES (
    @id, @program, @rm, @em, @facts, @band, @assignee, @next_due, @next_kind, @wake, @created, @updated, @version, @policy, @cluster,
    @closed, @emergency, @privacy, @paused, @unread, @breached, @sealed, @wrapped_key, @kek, @appeal, @pending
) ON CONFLICT (id) DO NOTHING;

-- name: UpdateCase :execrows
UPDATE cases SET
    program = @program, rm = @rm, em = @em, facts = @facts, band = @band, assignee = @assignee,
    next_due = @next_due, next_kind = @next_kind, wake = @wake, created = @created, updated = @updated,
    version = @version, policy = @policy, cluster = @cluster, closed = @closed, emergency = @emergency,
    privacy = @privacy, paused = @paused, unread = @unread, breached = @breached, sealed = @sealed, appeal = @appeal, pending = @pending
WHERE id = @id AND version = @was;

-- name: Wake :many
SELECT id FROM cases
WHERE wake < 9223372036854775807 AND wake <= @now
ORDER BY wake, id LIMIT CAST(@page AS bigint);

-- name: Stale :many
SELECT low.id FROM cases AS low WHERE low.wrapped_key IS NOT NULL AND low.kek < @kek
UNION ALL
SELECT high.id FROM cases AS high WHERE high.wrapped_key IS NOT NULL AND high.kek > @kek
LIMIT CAST(@page AS bigint);

-- name: InsertEvent :execrows
INSERT INTO events (stream, seq, head, body_key, sealed, leaf)
VALUES (@stream, @seq, @head, @body_key, @sealed, @leaf)
ON CONFLICT (stream, seq) DO NOTHING;

-- name: Events :many
SELECT * FROM events WHERE stream = @stream AND seq > @after
ORDER BY seq LIMIT CAST(@page AS bigint);

-- name: Streams :many
SELECT DISTINCT stream FROM events WHERE stream > @after
ORDER BY stream LIMIT CAST(@page AS bigint);

-- name: PutCaseKey :execrows
UPDATE cases SET wrapped_key = @wrapped_key, kek = @kek WHERE id = @id AND wrapped_key IS NOT NULL;

-- name: PutBodyKey :execrows
UPDATE events SET body_key = @wrapped_key WHERE stream = @stream AND seq = @seq AND body_key IS NOT NULL;

-- name: AddParticipantKey :execrows
INSERT INTO participant_keys (case_id, name, wrapped_key) VALUES (@case_id, @name, @wrapped_key)
ON CONFLICT (case_id, name) DO NOTHING;

-- name: ReplaceParticipantKey :execrows
UPDATE participant_keys SET wrapped_key = @wrapped_key WHERE case_id = @case_id AND name = @name;

-- name: ParticipantKeys :many
SELECT * FROM participant_keys WHERE case_id = @case_id ORDER BY name;

-- name: DropCaseKey :exec
UPDATE cases SET wrapped_key = NULL, kek = '' WHERE id = @id AND wrapped_key IS NOT NULL;

-- name: DropParticipantKeys :exec
DELETE FROM participant_keys WHERE case_id = @case_id;

-- name: DropParticipantKey :exec
DELETE FROM participant_keys WHERE case_id = @case_id AND name = @name;

-- name: DropBodyKeys :exec
UPDATE events SET body_key = NULL WHERE stream = @stream AND body_key IS NOT NULL;

-- name: DropBodyKey :exec
UPDATE events SET body_key = NULL WHERE stream = @stream AND seq = @seq AND body_key IS NOT NULL;

-- name: InsertEffect :exec
INSERT INTO effects (
    ref, kind, case_id, seq, recipient, template, at, state, attempts, leased, ready, done, sealed
) VALUES (
    @ref, @kind, @case_id, @seq, @recipient, @template, @at, @state, @attempts, @leased, @ready, @done, @sealed
) ON CONFLICT (ref) DO NOTHING;

-- name: FinishEffect :execrows
UPDATE effects SET
    state = @state, attempts = @attempts, at = @at, ready = @at, done = @done, sealed = @sealed, leased = @never_leased
WHERE ref = @ref AND leased = @leased AND state <> 'done';

-- name: HasEffect :one
SELECT count(*) FROM effects WHERE ref = @ref;

-- name: OneRecord :one
SELECT * FROM records WHERE kind = @kind AND id = @id;

-- name: InsertRecord :execrows
INSERT INTO records (kind, id, owner, at, expires, version, sealed)
VALUES (@kind, @id, @owner, @at, @expires, 1, @sealed)
ON CONFLICT (kind, id) DO NOTHING;

-- name: UpdateRecord :execrows
UPDATE records SET owner = @owner, at = @at, expires = @expires, sealed = @sealed, version = version + 1
WHERE kind = @kind AND id = @id AND version = @was;

-- name: UpsertRecord :exec
INSERT INTO records (kind, id, owner, at, expires, version, sealed)
VALUES (@kind, @id, @owner, @at, @expires, 1, @sealed)
ON CONFLICT (kind, id) DO UPDATE SET
    owner = excluded.owner, at = excluded.at, expires = excluded.expires, sealed = excluded.sealed, version = records.version + 1;

-- name: Records :many
SELECT * FROM records WHERE kind = @kind
ORDER BY at DESC, id DESC LIMIT CAST(@page AS bigint);

-- name: RecordsOf :many
SELECT * FROM records WHERE kind = @kind AND owner = @owner
ORDER BY at DESC, id DESC LIMIT CAST(@page AS bigint);

-- name: Beat :exec
UPDATE pulse SET beats = beats + 1 WHERE id = 1;

-- name: Weigh :exec
UPDATE pulse SET ballast = @ballast WHERE id = 1;
