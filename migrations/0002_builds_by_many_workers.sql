-- Builds that workers share: a build is wanted (`building`) until it is done or somebody stops it; what holds it up
-- is told; points whose imagery is broken wait and are counted.
-- Adding columns and checking the few regions takes milliseconds; both tables are locked for that time.

alter table regions drop constraint regions_state_check;
alter table regions add constraint regions_state_check
  check (state in ('created', 'building', 'stopped', 'built'));
alter table regions add column problem jsonb;
comment on column regions.state is 'building: wanted, any worker may take part; stopped: by hand or by a refusal';
comment on column regions.problem is 'what holds the build up since the last stored batch: code, message, when it is tried again';

alter table points add column failures smallint not null default 0;
alter table points add column retry_at timestamptz;
comment on column points.failures is 'how often its imagery was broken while that of others was not';
comment on column points.retry_at is 'not claimed before this moment';
