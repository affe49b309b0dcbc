/**
 * Files that people have instead of GeoTIFFs, by their first bytes, and how to go on with them.
 * Pure.
 */

/** What a file is, and the next step. */
export interface Foreign {
  readonly name: string
  readonly hint: string
}

/** So many bytes tell. */
export const HEAD_BYTES = 256

const CONVERT = 'make a GeoTIFF of it: gdal_translate -of COG IN OUT.tif'
const PLACELESS =
  'a picture says nothing of where it lies; with a world file beside it: gdal_translate -of COG -a_srs EPSG:… IN OUT.tif'

const KINDS: readonly (Foreign & { readonly starts: RegExp })[] = [
  { name: 'JPEG 2000', hint: CONVERT, starts: /^(.{4}jP {2}|\xff\x4f\xff\x51)/s },
  {
    name: 'a VRT',
    hint: 'give the files that it lists ("files": ["folder/*.tif"]), or make one of them: gdal_translate -of COG IN.vrt OUT.tif',
    starts: /^[^<]*(<\?xml.*?\?>\s*)?<VRTDataset/s,
  },
  { name: 'MrSID', hint: CONVERT, starts: /^msid/ },
  { name: 'Erdas Imagine', hint: CONVERT, starts: /^EHFA_HEADER_TAG/ },
  { name: 'HDF5 or netCDF', hint: CONVERT, starts: /^(\x89HDF|CDF)/ },
  { name: 'a PDF', hint: CONVERT, starts: /^%PDF/ },
  {
    name: 'an SQLite file',
    hint: 'MBTiles are of kind "mbtiles"; of a GeoPackage make a GeoTIFF: gdal_translate -of COG IN.gpkg OUT.tif',
    starts: /^SQLite format 3/,
  },
  { name: 'PMTiles', hint: 'they are of kind "pmtiles"', starts: /^PMTiles/ },
  { name: 'a zip file', hint: 'unpack it first', starts: /^PK\x03\x04/ },
  { name: 'a JPEG', hint: PLACELESS, starts: /^\xff\xd8\xff/ },
  { name: 'a PNG', hint: PLACELESS, starts: /^\x89PNG/ },
  { name: 'a WebP', hint: PLACELESS, starts: /^RIFF.{4}WEBP/s },
]

/** Names a file that is no TIFF, where it is one that people have. */
export function nameForeign(head: Uint8Array): Foreign | undefined {
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES))
  return KINDS.find(({ starts }) => starts.test(text))
}
