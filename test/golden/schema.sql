-- The gallery: one row per point and vintage; a heatmap is an exact scan of it
create table embeddings (
  region integer not null,
  point integer not null,
  x double precision not null, -- metres east of the centre in the region's projection
  y double precision not null, -- metres north of the centre in the region's projection
  h3 bigint not null, -- H3 index at resolution 15
  logits halfvec(365) not null storage plain, -- raw logits over the 365 scenes, half precision; distance is L2 or the inner product
  vintage text not null, -- capture date of the imagery or unknown
  captured_on date, -- date of capture, where the source tells one
  patch_sha256 bytea not null, -- SHA-256 of the patch's rgb8 bytes
  reference jsonb not null, -- where the pixels came from: files or tiles, window, ETag
  PRIMARY KEY (region, point, vintage),
  CHECK ((length(patch_sha256) = 32)),
) partition by HASH (region); -- 32 partitions

-- Finished heatmaps by the SHA-256 of what was asked of which state of the region
create table heatmaps (
  id text not null,
  region integer not null,
  region_version bigint not null, -- regions.version before it was computed
  request jsonb not null, -- question, cells, models; no photo logits
  heatmap jsonb not null, -- cells with distances (no unit), ranks, scores 0-1 and areas in km²
  created_at timestamp with time zone not null default now(),
  PRIMARY KEY (id),
  FOREIGN KEY (region) REFERENCES regions(id) ON DELETE CASCADE,
  CHECK ((id ~ '^[0-9a-f]{64}$'::text)),
);
CREATE INDEX heatmaps_region ON public.heatmaps USING btree (region);

-- 
create table migrations (
  name text not null,
  sha256 text not null,
  breaking boolean not null,
  applied_at timestamp with time zone not null default now(),
  PRIMARY KEY (name),
);

-- Uploaded photos; their bytes lie in the data directory
create table photos (
  sha256 text not null, -- hex, of the uploaded bytes
  name text not null,
  width integer not null, -- pixels after decoding and orientation
  height integer not null, -- pixels after decoding and orientation
  logits vector(365) not null, -- raw logits over the 365 scenes of the ground model, float32
  model_sha256 text not null,
  perceptual_hash bigint, -- 64 bits, for finding near copies
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone, -- delete after this moment; null: keep
  PRIMARY KEY (sha256),
  CHECK ((model_sha256 ~ '^[0-9a-f]{64}$'::text)),
  CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
);

-- Road points and the work queue: claimed with for update skip locked, lowest id first
create table points (
  region integer not null,
  id integer not null, -- counts from 0 within the region
  lon double precision not null, -- degrees WGS84
  lat double precision not null, -- degrees WGS84
  state text not null default 'pending'::text,
  worker text, -- who claimed it last
  leased_until timestamp with time zone, -- after this moment another worker may claim it
  attempts integer not null default 0, -- how often it was claimed
  reason text, -- why there is no patch: a stable word such as outside-imagery or nodata
  failures smallint not null default 0, -- how often its imagery was broken while that of others was not
  retry_at timestamp with time zone, -- not claimed before this moment
  refreshing boolean not null default false, -- was embedded before and is to be embedded again: its rows count until and after that
  PRIMARY KEY (region, id),
  CHECK (((state = 'unavailable'::text) = (reason IS NOT NULL))),
  CHECK (((state = 'leased'::text) = (leased_until IS NOT NULL))),
  CHECK ((state = ANY (ARRAY['pending'::text, 'leased'::text, 'embedded'::text, 'unavailable'::text]))),
);
CREATE INDEX points_open ON public.points USING btree (region, id) WHERE (state = ANY (ARRAY['pending'::text, 'leased'::text]));

-- What is searched, and everything needed to repeat the build
create table regions (
  id integer not null generated always as identity,
  name text not null,
  boundary jsonb not null, -- GeoJSON Polygon or MultiPolygon, [lon, lat] degrees WGS84
  centre_lon double precision not null, -- degrees; centre of the Lambert azimuthal equal-area projection
  centre_lat double precision not null, -- degrees; centre of the Lambert azimuthal equal-area projection
  sampling jsonb not null, -- how the points were drawn: kind, count or step in metres, seed, SHA-256 of the extract
  imagery jsonb not null, -- configuration of the imagery source, without secrets
  attribution text not null, -- of the present source, and of those that rows were cut from
  model_name text not null,
  model_sha256 text not null, -- hex; vectors of another overhead model are refused
  gsd double precision not null, -- metres per pixel of the patches
  runtime jsonb, -- execution provider and instruction set that computed the vectors
  state text not null default 'created'::text, -- building: wanted, any worker may take part; stopped: by hand or by a refusal
  version bigint not null default 0, -- counts the changes of points and embeddings; part of a heatmap's identity
  stats jsonb, -- counts and capture dates at stats_version: counting reads the whole gallery
  stats_version bigint,
  created_at timestamp with time zone not null default now(),
  problem jsonb, -- what holds the build up since the last stored batch: code, message, when it is tried again
  vintages smallint not null default 1, -- dates per point that a build embeds at most, newest first
  refreshed_at timestamp with time zone, -- when it was last asked for newer imagery; null: each point has one row at most, so that scans need not choose
  attributions jsonb not null, -- of each source that the region had, in turn; a row says the position of its own in reference.source (absent: 0)
  UNIQUE (name),
  PRIMARY KEY (id),
  CHECK ((attributions <> '[]'::jsonb)),
  CHECK ((gsd > (0)::double precision)),
  CHECK ((model_sha256 ~ '^[0-9a-f]{64}$'::text)),
  CHECK ((state = ANY (ARRAY['created'::text, 'building'::text, 'stopped'::text, 'built'::text]))),
  CHECK (((vintages >= 1) AND (vintages <= 12))),
);

-- Levels measured on the files of a region's source; they go with that source
create table stretches (
  region integer not null,
  file text not null, -- as the source names it: path, or address without its key
  levels jsonb not null, -- of red, green and blue: the sample values that become 0 and 255
  PRIMARY KEY (region, file),
  FOREIGN KEY (region) REFERENCES regions(id) ON DELETE CASCADE,
);
