-- Rows say which source of their region they were cut from, so that results name those that they were made from, and no others.
-- Adding a column with a constant default and filling it for the few regions takes milliseconds; the table is locked for that time.

alter table regions add column attributions jsonb not null default '[]';
update regions set attributions = jsonb_build_array(attribution);
comment on column regions.attributions is 'of each source that the region had, in turn; a row says the position of its own in reference.source (absent: 0)';
comment on column regions.attribution is 'of the present source, and of those that rows were cut from';
