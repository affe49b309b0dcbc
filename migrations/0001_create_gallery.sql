-- The gallery: regions, their points (the work queue), embeddings, photos, heatmaps.
-- Locks nothing that exists; takes well under a second.

create extension if not exists vector;

create table regions (
  id            integer generated always as identity primary key,
  name          text not null unique,
  boundary      jsonb not null,
  centre_lon    double precision not null,
  centre_lat    double precision not null,
  sampling      jsonb not null,
  imagery       jsonb not null,
  attribution   text not null,
  model_name    text not null,
  model_sha256  text not null check (model_sha256 ~ '^[0-9a-f]{64}$'),
  gsd           double precision not null check (gsd > 0),
  runtime       jsonb,
  state         text not null default 'created' check (state in ('created', 'building', 'built')),
  version       bigint not null default 0,
  stats         jsonb,
  stats_version bigint,
  created_at    timestamptz not null default now()
);
comment on table  regions is 'What is searched, and everything needed to repeat the build';
comment on column regions.boundary is 'GeoJSON Polygon or MultiPolygon, [lon, lat] degrees WGS84';
comment on column regions.centre_lon is 'degrees; centre of the Lambert azimuthal equal-area projection';
comment on column regions.centre_lat is 'degrees; centre of the Lambert azimuthal equal-area projection';
comment on column regions.sampling is 'how the points were drawn: kind, count or step in metres, seed, SHA-256 of the extract';
comment on column regions.imagery is 'configuration of the imagery source, without secrets';
comment on column regions.model_sha256 is 'hex; vectors of another overhead model are refused';
comment on column regions.gsd is 'metres per pixel of the patches';
comment on column regions.runtime is 'execution provider and instruction set that computed the vectors';
comment on column regions.version is 'counts the changes of points and embeddings; part of a heatmap''s identity';
comment on column regions.stats is 'counts and capture dates at stats_version: counting reads the whole gallery';

create table points (
  region       integer not null,
  id           integer not null,
  lon          double precision not null,
  lat          double precision not null,
  state        text not null default 'pending'
               check (state in ('pending', 'leased', 'embedded', 'unavailable')),
  worker       text,
  leased_until timestamptz,
  attempts     integer not null default 0,
  reason       text,
  primary key (region, id),
  check ((state = 'unavailable') = (reason is not null)),
  check ((state = 'leased') = (leased_until is not null))
);
comment on table  points is 'Road points and the work queue: claimed with for update skip locked, lowest id first';
comment on column points.id is 'counts from 0 within the region';
comment on column points.lon is 'degrees WGS84';
comment on column points.lat is 'degrees WGS84';
comment on column points.worker is 'who claimed it last';
comment on column points.leased_until is 'after this moment another worker may claim it';
comment on column points.attempts is 'how often it was claimed';
comment on column points.reason is 'why there is no patch: a stable word such as outside-imagery or nodata';

-- Claims look for the lowest open id; without this they would walk over all finished points.
create index points_open on points (region, id) where state in ('pending', 'leased');

-- Fixed-width columns first: the scan reaches `logits` without stepping over a variable-width one.
create table embeddings (
  region       integer not null,
  point        integer not null,
  x            double precision not null,
  y            double precision not null,
  h3           bigint not null,
  logits       halfvec(365) not null,
  vintage      text not null,
  captured_on  date,
  patch_sha256 bytea not null check (length(patch_sha256) = 32),
  reference    jsonb not null,
  primary key (region, point, vintage)
) partition by hash (region);
alter table embeddings alter column logits set storage plain;
comment on table  embeddings is 'The gallery: one row per point and vintage; a heatmap is an exact scan of it';
comment on column embeddings.x is 'metres east of the centre in the region''s projection';
comment on column embeddings.y is 'metres north of the centre in the region''s projection';
comment on column embeddings.h3 is 'H3 index at resolution 15';
comment on column embeddings.logits is 'raw logits over the 365 scenes, half precision; distance is L2 or the inner product';
comment on column embeddings.captured_on is 'date of capture, where the source tells one';
comment on column embeddings.vintage is 'capture date of the imagery or unknown';
comment on column embeddings.patch_sha256 is 'SHA-256 of the patch''s rgb8 bytes';
comment on column embeddings.reference is 'where the pixels came from: files or tiles, window, ETag';

do $$
begin
  for n in 0..31 loop
    execute format(
      'create table %I partition of embeddings for values with (modulus 32, remainder %s)',
      'embeddings_' || lpad(n::text, 2, '0'), n);
  end loop;
end $$;

create table photos (
  sha256          text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  name            text not null,
  width           integer not null,
  height          integer not null,
  logits          vector(365) not null,
  model_sha256    text not null check (model_sha256 ~ '^[0-9a-f]{64}$'),
  perceptual_hash bigint,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz
);
comment on table  photos is 'Uploaded photos; their bytes lie in the data directory';
comment on column photos.sha256 is 'hex, of the uploaded bytes';
comment on column photos.width is 'pixels after decoding and orientation';
comment on column photos.height is 'pixels after decoding and orientation';
comment on column photos.logits is 'raw logits over the 365 scenes of the ground model, float32';
comment on column photos.perceptual_hash is '64 bits, for finding near copies';
comment on column photos.expires_at is 'delete after this moment; null: keep';

create table heatmaps (
  id             text primary key check (id ~ '^[0-9a-f]{64}$'),
  region         integer not null references regions (id) on delete cascade,
  region_version bigint not null,
  request        jsonb not null,
  heatmap        jsonb not null,
  created_at     timestamptz not null default now()
);
create index heatmaps_region on heatmaps (region);
comment on column heatmaps.region_version is 'regions.version before it was computed';
comment on table  heatmaps is 'Finished heatmaps by the SHA-256 of what was asked of which state of the region';
comment on column heatmaps.request is 'question, cells, models; no photo logits';
comment on column heatmaps.heatmap is 'cells with distances (no unit), ranks, scores 0-1 and areas in km²';
