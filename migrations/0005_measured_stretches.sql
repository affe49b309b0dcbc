-- The levels that a stretch by percentile measured, so that a file is stretched by the same ones whenever it is opened again.
-- A new table: nothing is locked, takes milliseconds. Regions of before have no rows; their files go on being measured until a build records them.

create table stretches (
  region integer not null references regions (id) on delete cascade,
  file   text not null,
  levels jsonb not null,
  primary key (region, file)
);
comment on table  stretches is 'Levels measured on the files of a region''s source; they go with that source';
comment on column stretches.file is 'as the source names it: path, or address without its key';
comment on column stretches.levels is 'of red, green and blue: the sample values that become 0 and 255';
