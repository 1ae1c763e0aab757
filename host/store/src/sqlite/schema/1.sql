-- The working store in one SQLite file. Times are Unix milliseconds. An `expires_ms` of NULL means
-- never. STRICT makes a wrong type an error at the write.

CREATE TABLE documents (
    id         TEXT PRIMARY KEY,
    revision   INTEGER NOT NULL,          -- changes with every write, never used twice
    expires_ms INTEGER,
    text       TEXT NOT NULL
) STRICT;
CREATE INDEX documents_expiry ON documents (expires_ms) WHERE expires_ms IS NOT NULL;

-- The listing. Its rows outlive their documents, as in Redis.
CREATE TABLE listing (
    id         TEXT PRIMARY KEY,
    created_s  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_time ON listing (created_s DESC, id DESC);

-- The party indexes: terms, and the ids that carry them. A term has one lifetime, which each new id
-- renews.
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

-- Lists of ids, including dead letters. The head has the smallest position.
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
    taken       INTEGER NOT NULL,         -- increases with every claim: the order for the return to the list
    vcon        TEXT NOT NULL,
    host        TEXT NOT NULL,
    lease_ms    INTEGER NOT NULL,         -- end of the lease
    lost_leases INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL,            -- JSON
    context     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_lease ON claims (list, lease_ms);

-- States of entries that were returned to their list.
CREATE TABLE notes (
    list        TEXT NOT NULL,
    vcon        TEXT NOT NULL,
    lost_leases INTEGER NOT NULL,
    checkpoint  TEXT NOT NULL,
    context     TEXT,
    PRIMARY KEY (list, vcon)
) STRICT, WITHOUT ROWID;

-- Parked runs, by the id that was handed off.
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

-- Reasons of dead letters. `list` is the name of the dead-letter list.
CREATE TABLE records (
    list        TEXT NOT NULL,
    vcon        TEXT NOT NULL,
    record      TEXT NOT NULL,            -- JSON
    PRIMARY KEY (list, vcon)
) STRICT, WITHOUT ROWID;

CREATE TABLE config (
    number      INTEGER PRIMARY KEY,      -- order of the entries
    name        TEXT NOT NULL,
    text        TEXT NOT NULL
) STRICT;
CREATE TABLE config_revision (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    revision    INTEGER NOT NULL
) STRICT;
INSERT INTO config_revision (one, revision) VALUES (1, 0);
