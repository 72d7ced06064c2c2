-- All SQL of the job store, by name. `{now}` is the database's clock in milliseconds since 1970,
-- `{for_update}` and `{skip_locked}` lock the rows read (PostgreSQL; SQLite has locked the file already).
-- Times are whole milliseconds, flags 0 or 1, JSON is text.

-- name: create_jobs
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  spec TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  progress TEXT NOT NULL,
  started_ms BIGINT,
  finished_ms BIGINT,
  error TEXT,
  artifacts TEXT NOT NULL,
  last_sequence BIGINT NOT NULL,
  resumed_from TEXT NOT NULL,
  pause_requested BIGINT NOT NULL,
  cancel_requested BIGINT NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until_ms BIGINT,
  not_before_ms BIGINT,
  expired BIGINT NOT NULL,
  client TEXT NOT NULL,
  priority BIGINT NOT NULL DEFAULT 0,
  turn BIGINT NOT NULL DEFAULT 0,
  title TEXT NOT NULL DEFAULT '',
  memory_bytes BIGINT NOT NULL DEFAULT 0,
  fetched TEXT NOT NULL DEFAULT '[]',
  fetched_ms BIGINT,
  first_sequence BIGINT NOT NULL DEFAULT 1,
  removed BIGINT NOT NULL DEFAULT 0
)

-- name: create_jobs_by_time
CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (created_ms, id)

-- name: index_jobs_queue
CREATE INDEX IF NOT EXISTS jobs_queue ON jobs (priority DESC, turn, created_ms, id) WHERE state IN ('PENDING', 'RETRY_WAIT', 'CANCELLING')

-- name: index_jobs_of_client
CREATE INDEX IF NOT EXISTS jobs_of_client ON jobs (client, priority, turn) WHERE state IN ('PENDING', 'RETRY_WAIT', 'CANCELLING')

-- name: index_jobs_paused
CREATE INDEX IF NOT EXISTS jobs_paused ON jobs (client) WHERE state = 'PAUSED'

-- name: index_jobs_claimable
DROP INDEX IF EXISTS jobs_claimable

-- name: index_jobs_turns
DROP INDEX IF EXISTS jobs_turns

-- name: index_jobs_waiting
DROP INDEX IF EXISTS jobs_waiting

-- name: create_jobs_leased
CREATE INDEX IF NOT EXISTS jobs_leased ON jobs (id) WHERE lease_owner <> ''

-- name: create_jobs_ended
CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (finished_ms) WHERE finished_ms IS NOT NULL AND expired = 0

-- name: create_jobs_resumed
CREATE UNIQUE INDEX IF NOT EXISTS jobs_resumed ON jobs (resumed_from) WHERE resumed_from <> ''

-- name: create_served
CREATE TABLE IF NOT EXISTS served (priority BIGINT PRIMARY KEY, turn BIGINT NOT NULL)

-- name: create_events
CREATE TABLE IF NOT EXISTS events (
  job_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  type TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (job_id, seq)
)

-- name: create_requests
CREATE TABLE IF NOT EXISTS requests (
  client TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  job_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (client, key)
)

-- name: create_sealed
CREATE TABLE IF NOT EXISTS sealed (job_id TEXT PRIMARY KEY, token TEXT NOT NULL)

-- name: add_priority
ALTER TABLE jobs ADD COLUMN priority BIGINT NOT NULL DEFAULT 0

-- name: add_turn
ALTER TABLE jobs ADD COLUMN turn BIGINT NOT NULL DEFAULT 0

-- name: add_title
ALTER TABLE jobs ADD COLUMN title TEXT NOT NULL DEFAULT ''

-- name: add_memory_bytes
ALTER TABLE jobs ADD COLUMN memory_bytes BIGINT NOT NULL DEFAULT 0

-- name: add_fetched
ALTER TABLE jobs ADD COLUMN fetched TEXT NOT NULL DEFAULT '[]'

-- name: add_fetched_ms
ALTER TABLE jobs ADD COLUMN fetched_ms BIGINT

-- name: add_first_sequence
ALTER TABLE jobs ADD COLUMN first_sequence BIGINT NOT NULL DEFAULT 1

-- name: add_removed
ALTER TABLE jobs ADD COLUMN removed BIGINT NOT NULL DEFAULT 0

-- name: lock_schema_postgresql
SELECT pg_advisory_xact_lock(7236826158)

-- name: drop_old_requests
DELETE FROM requests WHERE created_ms < {now} - :kept_ms

-- name: remember_request
INSERT INTO requests (client, key, digest, job_id, created_ms)
VALUES (:client, :key, :digest, :job_id, {now})
ON CONFLICT DO NOTHING

-- name: find_request
SELECT digest, job_id FROM requests WHERE client = :client AND key = :key

-- name: insert_job
INSERT INTO jobs (id, kind, state, created_ms, spec, attempt, max_attempts, progress, started_ms, finished_ms, error,
  artifacts, last_sequence, resumed_from, pause_requested, cancel_requested, lease_owner, lease_until_ms,
  not_before_ms, expired, client, title, memory_bytes, fetched, fetched_ms, priority, turn)
VALUES (:id, :kind, :state, {now}, :spec, :attempt, :max_attempts, :progress, :started_ms, :finished_ms, :error,
  :artifacts, :last_sequence, :resumed_from, :pause_requested, :cancel_requested, :lease_owner, :lease_until_ms,
  :not_before_ms, :expired, :client, :title, 0, :fetched, :fetched_ms, :priority, (
    -- Clients take turns among jobs of one priority: a new one comes after what its client has waiting, and after what was served.
    SELECT CASE WHEN behind > own THEN behind ELSE own END FROM (SELECT
      COALESCE((SELECT turn + 1 FROM served WHERE priority = :priority), 0) AS behind,
      COALESCE((SELECT MAX(turn) + 1 FROM jobs WHERE client = :client AND priority = :priority AND state IN ('PENDING', 'RETRY_WAIT', 'CANCELLING')), 0) AS own
    ) AS turns
  ))
ON CONFLICT DO NOTHING
RETURNING created_ms, turn

-- name: count_waiting
SELECT client, COUNT(*) AS jobs FROM jobs WHERE state IN ('PENDING', 'RETRY_WAIT', 'CANCELLING') GROUP BY client
UNION ALL
SELECT client, COUNT(*) AS jobs FROM jobs WHERE state = 'PAUSED' GROUP BY client

-- name: insert_sealed
INSERT INTO sealed (job_id, token) VALUES (:job_id, :token)

-- name: read_sealed
SELECT token FROM sealed WHERE job_id = :id

-- name: drop_sealed
DELETE FROM sealed WHERE job_id = :id

-- name: get_job
SELECT {columns}, spec FROM jobs WHERE id = :id AND removed = 0

-- name: get_light_job
SELECT {columns} FROM jobs WHERE id = :id AND removed = 0

-- name: find_resumed
SELECT {columns}, spec FROM jobs WHERE resumed_from = :id

-- name: list_jobs
SELECT {columns} FROM jobs
WHERE (created_ms < :after_ms OR (created_ms = :after_ms AND id < :after_id))
  AND (:state = '' OR state = :state)
  AND (:kind = '' OR kind = :kind)
  AND removed = 0
ORDER BY created_ms DESC, id DESC
LIMIT :size

-- name: count_jobs
SELECT kind, state, COUNT(*) AS jobs FROM jobs WHERE removed = 0 GROUP BY kind, state ORDER BY kind, state

-- name: lock_job
SELECT {columns}, {now} AS now_ms FROM jobs WHERE id = :id AND removed = 0 {for_update}

-- name: save_job
UPDATE jobs SET state = :state, attempt = :attempt, max_attempts = :max_attempts, progress = :progress,
  started_ms = :started_ms, finished_ms = :finished_ms, error = :error, artifacts = :artifacts,
  last_sequence = :last_sequence, resumed_from = :resumed_from, pause_requested = :pause_requested, cancel_requested = :cancel_requested,
  lease_owner = :lease_owner, lease_until_ms = :lease_until_ms, not_before_ms = :not_before_ms,
  fetched = :fetched, fetched_ms = :fetched_ms
WHERE id = :id AND attempt = :old_attempt AND lease_owner = :old_owner

-- name: insert_event
INSERT INTO events (job_id, seq, attempt, type, timestamp, data)
VALUES (:job_id, :seq, :attempt, :type, :timestamp, :data)

-- name: list_events
SELECT job_id, seq, attempt, type, timestamp, data FROM events
WHERE job_id = :id AND seq > :after ORDER BY seq LIMIT :limit

-- name: claim_job
UPDATE jobs SET state = CASE state WHEN 'CANCELLING' THEN state ELSE 'RUNNING' END, lease_owner = :owner, lease_until_ms = {now} + :lease_ms,
  started_ms = COALESCE(started_ms, {now}), not_before_ms = NULL
WHERE id = (
  SELECT id FROM jobs
  WHERE state IN ('PENDING', 'RETRY_WAIT', 'CANCELLING') AND lease_owner = '' AND (not_before_ms IS NULL OR not_before_ms <= {now} OR not_before_ms > {now} + :longest_ms)
    AND kind IN :kinds AND (:any_id = 1 OR id IN :ids)
  ORDER BY priority DESC, turn, created_ms, id LIMIT 1 {skip_locked}
)
RETURNING {columns}, spec

-- name: note_served
INSERT INTO served (priority, turn) VALUES (:priority, :turn)
ON CONFLICT (priority) DO UPDATE SET turn = excluded.turn WHERE excluded.turn > served.turn

-- name: renew_lease
UPDATE jobs SET lease_until_ms = {now} + :lease_ms, memory_bytes = :memory_bytes
WHERE id = :id AND attempt = :attempt AND lease_owner = :owner

-- name: read_intents
SELECT id, attempt, lease_owner, pause_requested, cancel_requested FROM jobs WHERE id IN :ids

-- name: list_leased
SELECT id, lease_owner, CASE WHEN lease_until_ms < {now} THEN 1 ELSE 0 END AS ran_out FROM jobs WHERE lease_owner <> ''

-- name: list_ended
SELECT id FROM jobs WHERE finished_ms IS NOT NULL AND expired = 0
  AND (finished_ms < {now} - :age_ms OR (:fetched_age_ms > 0 AND fetched_ms < {now} - :fetched_age_ms))
  AND NOT EXISTS (SELECT 1 FROM jobs AS heir WHERE heir.resumed_from = jobs.id AND heir.finished_ms IS NULL)
ORDER BY finished_ms LIMIT 100

-- name: mark_expired
UPDATE jobs SET expired = 1 WHERE id = :id AND finished_ms IS NOT NULL

-- name: mark_removed
UPDATE jobs SET removed = 1, expired = 1, spec = '{}', title = '', artifacts = '[]', fetched = '[]', error = NULL
WHERE id = :id AND finished_ms IS NOT NULL

-- name: drop_requests
DELETE FROM requests WHERE job_id = :id

-- name: list_long
SELECT id, last_sequence - :keep + 1 AS first FROM jobs WHERE last_sequence - first_sequence >= :keep + :slack LIMIT 100

-- name: begin_log_at
UPDATE jobs SET first_sequence = :first WHERE id = :id AND first_sequence < :first

-- name: drop_old_events
DELETE FROM events WHERE job_id = :id AND seq < :first

-- name: drop_events
DELETE FROM events WHERE job_id = :id
