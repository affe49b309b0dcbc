-- Several dates of imagery per point: how many a build embeds, and which points wait for newer ones.
-- Adding columns with constant defaults takes milliseconds; both tables are locked for that time.

alter table regions add column vintages smallint not null default 1 check (vintages between 1 and 12);
alter table regions add column refreshed_at timestamptz;
comment on column regions.vintages is 'dates per point that a build embeds at most, newest first';
comment on column regions.refreshed_at is 'when it was last asked for newer imagery; null: never';

alter table points add column refreshing boolean not null default false;
comment on column points.refreshing is 'was embedded before and is to be embedded again: its rows count until and after that';
