-- The working store in one SQLite file. Times are Unix milliseconds, `expires_ms` NULL means: never.
-- STRICT: a wrong type is an error where it is written, not a surprise where it is read.

CREATE TABLE documents (
    id         TEXT PRIMARY KEY,
    revision   INTEGER NOT NULL,          -- another one after every write, never used twice
    expires_ms INTEGER,
    text       TEXT NOT NULL
) STRICT;
CREATE INDEX documents_expiry ON documents (expires_ms) WHERE expires_ms IS NOT NULL;

-- The listing outlives its documents, as in Redis.
CREATE TABLE listing (
    id         TEXT PRIMARY KEY,
    created_s  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_time ON listing (created_s DESC, id DESC);

-- A party index: a term, and the ids that carry it. The lifetime is that of the term, refreshed by each id.
CREATE TABLE terms (
    term       TEXT PRIMARY KEY,          -- tel:…, mailto:…, name:…
    expires_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX terms_expiry ON terms (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE TABLE term_ids (
    term       TEXT NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (term, id)
) STRICT, WITHOUT ROWID;

-- Lists of ids, dead letters among them. The head has the smallest position.
CREATE TABLE entries (
    list       TEXT NOT NULL,
    position   INTEGER NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (list, position)
) STRICT, WITHOUT ROWID;

-- Trace contexts of ids on lists, the oldest first.
CREATE TABLE contexts (
    list       TEXT NOT NULL,
    id         TEXT NOT NULL,
    number     INTEGER NOT NULL,
    context    TEXT NOT NULL,
    expires_ms INTEGER,
    PRIMARY KEY (list, id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX contexts_expiry ON contexts (expires_ms) WHERE expires_ms IS NOT NULL;

CREATE TABLE claims (
    claim       TEXT PRIMARY KEY,
    list        TEXT NOT NULL,
    taken       INTEGER NOT NULL,         -- ever increasing: keeps the order for the way back to the list
    vcon        TEXT NOT NULL,
    host        TEXT NOT NULL,
    lease_ms    INTEGER NOT NULL,         -- when the lease runs out
    lost_leases INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL,            -- JSON
    context     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_lease ON claims (list, lease_ms);

-- Where an entry stood that went back to its list.
CREATE TABLE notes (
    list        TEXT NOT NULL,
    vcon        TEXT NOT NULL,
    lost_leases INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL,
    context     TEXT,
    PRIMARY KEY (list, vcon)
) STRICT, WITHOUT ROWID;

-- Runs that were handed off, known by the id that was handed off.
CREATE TABLE parked (
    list        TEXT NOT NULL,
    current     TEXT NOT NULL,
    number      INTEGER NOT NULL,
    vcon        TEXT NOT NULL,
    ends_ms     INTEGER NOT NULL,
    lost_leases INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL,
    context     TEXT,
    PRIMARY KEY (list, current, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_end ON parked (list, ends_ms);

-- Why a dead letter is one; `list` is the name of the dead-letter list.
CREATE TABLE records (
    list        TEXT NOT NULL,
    vcon        TEXT NOT NULL,
    record      TEXT NOT NULL,            -- JSON
    PRIMARY KEY (list, vcon)
) STRICT, WITHOUT ROWID;

CREATE TABLE config (
    number      INTEGER PRIMARY KEY,      -- keeps the order
    name        TEXT NOT NULL,
    text        TEXT NOT NULL
) STRICT;
CREATE TABLE config_revision (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    revision    INTEGER NOT NULL
) STRICT;
INSERT INTO config_revision (one, revision) VALUES (1, 0);
