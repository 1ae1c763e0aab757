-- Form 2: tables for links that are uploaded and removed while the server runs.

-- Trails: what runs did with a vCon. The entries of a vCon expire together, counted from the last
-- one.
CREATE TABLE trails (
    vcon       TEXT NOT NULL,
    number     INTEGER NOT NULL,          -- increases with every entry
    expires_ms INTEGER NOT NULL,
    entry      TEXT NOT NULL,             -- JSON
    PRIMARY KEY (vcon, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX trails_expiry ON trails (expires_ms);

-- The audit log. The numbers have no gaps.
CREATE TABLE audit (
    number     INTEGER PRIMARY KEY,
    entry      TEXT NOT NULL              -- JSON
) STRICT;

-- Uploads of components, complete or not.
CREATE TABLE components (
    upload     TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    about      TEXT NOT NULL,             -- JSON
    expires_ms INTEGER                    -- NULL: complete. Otherwise the time at which its parts are removed
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX components_digest ON components (digest) WHERE expires_ms IS NULL;
CREATE TABLE component_parts (
    upload     TEXT NOT NULL,
    number     INTEGER NOT NULL,
    bytes      BLOB NOT NULL,
    UNIQUE (upload, number)
) STRICT;
