-- Owners of rooms. The API key itself is only in `sealed_key` (AES-256-GCM under the install key).
CREATE TABLE accounts (
  id         TEXT PRIMARY KEY,        -- 24 hex digits
  name       TEXT NOT NULL,
  key_hash   BLOB NOT NULL UNIQUE,    -- SHA-256 of the key
  sealed_key BLOB NOT NULL,           -- nonce (12) ‖ ciphertext ‖ tag (16); associated data: id
  enabled    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL         -- µs since 1970 UTC, like every time here
) STRICT;

-- One row per meeting. `epoch` is the lease of the control process that may append.
CREATE TABLE rooms (
  id          TEXT PRIMARY KEY,       -- 24 hex digits
  account     TEXT NOT NULL,
  external_id TEXT NOT NULL,
  epoch       INTEGER NOT NULL DEFAULT 1,
  last_offset INTEGER NOT NULL,
  opened_at   INTEGER NOT NULL,
  ended_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX rooms_running ON rooms (account, external_id) WHERE ended_at IS NULL;
CREATE INDEX rooms_ended ON rooms (ended_at) WHERE ended_at IS NOT NULL;

-- The log of each meeting: gapless offsets from 1.
CREATE TABLE events (
  room   TEXT NOT NULL REFERENCES rooms (id),
  offset INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  name   TEXT NOT NULL,
  body   TEXT NOT NULL,               -- JSON
  PRIMARY KEY (room, offset)
) STRICT, WITHOUT ROWID;
