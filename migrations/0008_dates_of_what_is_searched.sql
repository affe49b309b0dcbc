-- The dates of regions with several per point were those of all rows, not of those that are searched: counted again.
update regions set stats = null, stats_version = null where vintages > 1 or refreshed_at is not null;
