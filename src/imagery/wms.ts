/**
 * Imagery of a Web Map Service. It draws any box; we ask for those of the Web Mercator tiles alone,
 * so that patches share them and the cache knows them.
 * @io disk network
 */
import { fromUnitSquare } from '../geo/mercator.ts'
import type { ImageryDeps } from './deps.ts'
import { HttpTileReader, textInstead } from './http-tiles.ts'
import type { WmsConfig } from './kinds/wms.ts'
import { judgeException } from './service-exception.ts'
import type { ImagerySource } from './source.ts'
import { TilePyramid } from './tile-pyramid.ts'
import type { TileAddress } from './tile-reader.ts'

const WORLD_M = 2 * Math.PI * 6378137

/**
 * Opens a map service.
 * @throws {InputError} `imagery-key` when its key is not in the environment
 */
export function createWmsSource(config: WmsConfig, deps: ImageryDeps): ImagerySource {
  const urlOf = (address: TileAddress): string => getMapUrl(config, address)
  const judgeText = (text: string) => judgeException(text) ?? textInstead(text)
  return new TilePyramid(config, new HttpTileReader(config, deps, { urlOf, judgeText }))
}

/** The address of one tile's picture; `{key}` stays as it is. */
export function getMapUrl(config: WmsConfig, address: TileAddress): string {
  const { url, version, layers, styles, format, crs, time, tileSizePx } = config
  const parameters: [string, string][] = [
    ['SERVICE', 'WMS'],
    ['VERSION', version],
    ['REQUEST', 'GetMap'],
    ['LAYERS', layers],
    ['STYLES', styles],
    [version === '1.3.0' ? 'CRS' : 'SRS', crs],
    ['BBOX', boxOf(address, { crs, version }).join(',')],
    ['WIDTH', String(tileSizePx)],
    ['HEIGHT', String(tileSizePx)],
    ['FORMAT', format],
    // Where it has nothing, a format with transparency shall say so.
    ['TRANSPARENT', format === 'image/jpeg' ? 'FALSE' : 'TRUE'],
    ...(time === undefined ? [] : [['TIME', time] satisfies [string, string]]),
  ]
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const separator = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&'
  return `${url}${separator}${query}`
}

/**
 * Lower and upper corner, in the order of axes that the version wants: degrees of EPSG:4326 are
 * latitude first since 1.3.0. A box of degrees is a Web Mercator tile but for the spacing of its
 * rows: 0.2 mm within a tile of zoom 19.
 */
function boxOf(
  { z, x, y }: TileAddress,
  { crs, version }: Pick<WmsConfig, 'crs' | 'version'>,
): number[] {
  const count = 2 ** z
  if (crs !== 'EPSG:4326' && crs !== 'CRS:84') {
    const metres = (share: number): number => round((share - 0.5) * WORLD_M, 6)
    return [x / count, 1 - (y + 1) / count, (x + 1) / count, 1 - y / count].map(metres)
  }
  const { lon: west, lat: north } = fromUnitSquare(x / count, y / count)
  const { lon: east, lat: south } = fromUnitSquare((x + 1) / count, (y + 1) / count)
  const isLatFirst = crs === 'EPSG:4326' && version === '1.3.0'
  const box = isLatFirst ? [south, west, north, east] : [west, south, east, north]
  return box.map((degrees) => round(degrees, 12))
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
