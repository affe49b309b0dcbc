-- No region is without the attribution of a source: older programs wrote some that are, or took another source without saying so here; what they
-- named is put behind what is known. Whose rows say which source they are from must not be told to programs that do not know of it, hence:
-- breaking
-- Filling and checking the few regions takes milliseconds; the table is locked for that time.

update regions set attributions = attributions || jsonb_build_array(attribution)
 where starts_with(attribution, attributions ->> -1) is not true;
alter table regions alter column attributions drop default;
alter table regions add constraint regions_attributions_check check (attributions <> '[]');
