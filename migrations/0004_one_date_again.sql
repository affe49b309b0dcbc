-- What `refreshed_at` says since a refresh that leaves one row per point clears it. A comment only: no lock to speak of.

comment on column regions.refreshed_at is 'when it was last asked for newer imagery; null: each point has one row at most, so that scans need not choose';
