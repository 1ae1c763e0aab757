-- Form 2: what links that come and go while the server runs need.

-- What runs did with a vCon. All of it expires together, counted from the last entry.
CREATE TABLE trails (
    vcon       TEXT NOT NULL,
    number     INTEGER NOT NULL,          -- ever increasing
    expires_ms INTEGER NOT NULL,
    entry      TEXT NOT NULL,             -- JSON
    PRIMARY KEY (vcon, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX trails_expiry ON trails (expires_ms);

-- The audit log; the numbers have no gaps.
CREATE TABLE audit (
    number     INTEGER PRIMARY KEY,
    entry      TEXT NOT NULL              -- JSON
) STRICT;

-- Components, and uploads on their way to be one.
CREATE TABLE components (
    upload     TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    about      TEXT NOT NULL,             -- JSON
    expires_ms INTEGER                    -- NULL: complete; else its parts are removed from then on
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX components_digest ON components (digest) WHERE expires_ms IS NULL;
CREATE TABLE component_parts (
    upload     TEXT NOT NULL,
    number     INTEGER NOT NULL,
    bytes      BLOB NOT NULL,
    UNIQUE (upload, number)
) STRICT;
