-- Of regions with several dates per point the figures told the dates of all rows, not of those that are searched: they are counted again.
-- A few rows of `regions` are locked for milliseconds.

update regions set stats = null, stats_version = null where vintages > 1 or refreshed_at is not null;
