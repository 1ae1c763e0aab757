-- Form 3: documents do not expire while work is left for them (holds.rs).

ALTER TABLE documents ADD COLUMN held INTEGER NOT NULL DEFAULT 0;  -- 1: work is left for it, `expires_ms` is NULL
ALTER TABLE documents ADD COLUMN until_ms INTEGER;                 -- the time to expire, if not the usual one; -1: never

-- The ingress lists of the running configuration, whose entries hold their documents.
CREATE TABLE ingress (
    list       TEXT PRIMARY KEY,
    adopted    INTEGER NOT NULL           -- 1: the entries that were on it before hold theirs, too
) STRICT, WITHOUT ROWID;

-- Documents that were deleted on purpose.
CREATE TABLE deleted (
    id         TEXT PRIMARY KEY,
    expires_ms INTEGER                    -- NULL while work is left for the id
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_expiry ON deleted (expires_ms) WHERE expires_ms IS NOT NULL;

-- The vCon that a run is about, when a link has switched to it.
ALTER TABLE claims ADD COLUMN current TEXT;
ALTER TABLE notes ADD COLUMN current TEXT;
UPDATE claims SET current = json_extract(checkpoint, '$.current');
UPDATE notes SET current = json_extract(checkpoint, '$.current');

CREATE INDEX entries_id ON entries (id);
CREATE INDEX claims_vcon ON claims (vcon);
CREATE INDEX claims_current ON claims (current) WHERE current IS NOT NULL;
CREATE INDEX notes_current ON notes (current) WHERE current IS NOT NULL;
CREATE INDEX parked_vcon ON parked (vcon);
CREATE INDEX parked_current ON parked (current);
