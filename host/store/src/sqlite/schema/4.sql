-- Form 4: only a run that has begun loses a lease.

ALTER TABLE claims ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;   -- 1: its run has begun
