-- Form 5: ids that came back from a hand-off, so that one that comes back twice is not worked on twice.

CREATE TABLE resumed (
    list       TEXT NOT NULL,
    id         TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (list, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resumed_expiry ON resumed (expires_ms);
