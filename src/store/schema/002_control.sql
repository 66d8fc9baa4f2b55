-- The newest meeting of a name.
CREATE INDEX rooms_named ON rooms (account, external_id, opened_at);

-- States on the way, so that a long log need not be read from its beginning. Events up to a snapshot may be
-- forgotten (rooms.last_offset and the offsets of what is left stay).
CREATE TABLE room_snapshots (
  room   TEXT NOT NULL REFERENCES rooms (id),
  offset INTEGER NOT NULL,            -- of the last event in it
  at     INTEGER NOT NULL,            -- when that happened
  state  TEXT NOT NULL,               -- JSON
  UNIQUE (room, offset)
) STRICT;

-- Recordings and snapshots (pictures) of meetings; they outlive the meeting and its log.
CREATE TABLE archive (
  id               TEXT PRIMARY KEY,
  kind             TEXT NOT NULL,     -- recording, snapshot
  account          TEXT NOT NULL,
  room             TEXT NOT NULL,
  room_external_id TEXT NOT NULL,
  room_name        TEXT NOT NULL,
  guest_token      TEXT NOT NULL,
  room_opened_at   INTEGER NOT NULL,
  room_ended_at    INTEGER,
  by_external_id   TEXT NOT NULL,     -- who started it, as it was then
  by_name          TEXT NOT NULL,
  by_avatar        TEXT,
  by_guest         INTEGER NOT NULL,
  by_joined_at     INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  phase            TEXT NOT NULL,     -- running, processing, ready, failed
  seconds          INTEGER NOT NULL,
  file             TEXT NOT NULL,
  bytes            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_listed ON archive (account, room_external_id, kind, created_at);
CREATE INDEX archive_room ON archive (room);
CREATE INDEX archive_age ON archive (created_at);

-- Rooms that are entered through links. Tokens are bearer secrets, kept in clear like those in the log.
CREATE TABLE definitions (
  id          TEXT PRIMARY KEY,
  account     TEXT NOT NULL,
  name        TEXT NOT NULL,
  options     TEXT NOT NULL,          -- JSON
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  guest_token TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX definitions_listed ON definitions (account, created_at);
CREATE TABLE definition_hosts (
  token       TEXT PRIMARY KEY,
  definition  TEXT NOT NULL REFERENCES definitions (id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,       -- order of adding
  external_id TEXT NOT NULL,
  name        TEXT NOT NULL,
  avatar      TEXT,
  created_at  INTEGER NOT NULL,
  UNIQUE (definition, external_id)
) STRICT;

-- Where owners want to be told, one place per account.
CREATE TABLE hooks (
  id           TEXT PRIMARY KEY,
  account      TEXT NOT NULL UNIQUE,
  url          TEXT NOT NULL,
  types        TEXT NOT NULL,         -- JSON list of words
  created_at   INTEGER NOT NULL,
  last_sent_at INTEGER,
  last_status  INTEGER                -- 0: no HTTP response
) STRICT;

-- The outbox. Deliveries of one line (a room, or a test of its own) go out one by one, in the order of seq.
-- Delivered ones are deleted; parked ones have left their line.
CREATE TABLE deliveries (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  hook       TEXT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  line       TEXT NOT NULL,
  room       TEXT NOT NULL,           -- 24 hex digits; zeros: of no meeting
  offset     INTEGER NOT NULL,
  type       TEXT NOT NULL,
  body       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  since      INTEGER NOT NULL,        -- its age counts from here: created, or replayed
  attempts   INTEGER NOT NULL DEFAULT 0,
  status     INTEGER NOT NULL DEFAULT 0,
  why        TEXT NOT NULL DEFAULT '',
  parked_at  INTEGER
) STRICT;
CREATE INDEX deliveries_hook ON deliveries (hook);
CREATE INDEX deliveries_waiting ON deliveries (hook, line, seq) WHERE parked_at IS NULL;
CREATE INDEX deliveries_parked ON deliveries (parked_at) WHERE parked_at IS NOT NULL;
-- One row per line that has something waiting: when its first one is due, and whether it is being tried.
CREATE TABLE delivery_lines (
  hook    TEXT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  line    TEXT NOT NULL,
  due_at  INTEGER NOT NULL,
  claimed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hook, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_lines_next ON delivery_lines (claimed, due_at);
CREATE INDEX delivery_lines_due ON delivery_lines (hook, claimed, due_at);
