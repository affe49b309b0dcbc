/**
 * The capabilities of a Web Map Tile Service → how to ask for the tiles of one layer in Web
 * Mercator.
 */
import { InputError } from '../errors.ts'
import type { WmtsConfig } from './kinds/wmts.ts'
import { listOf, nodeOf, parseXml, textOf, textsOf, type XmlNode } from './xml.ts'

/** One zoom of a tile matrix set, and the tiles that the layer has in it. */
export interface WmtsMatrix {
  readonly identifier: string
  readonly zoom: number
  readonly limits?: {
    readonly rows: readonly [first: number, last: number]
    readonly columns: readonly [first: number, last: number]
  }
}

/** A layer, ready to be asked. */
export interface WmtsLayer {
  /** With `{TileMatrix}`, `{TileRow}`, `{TileCol}`. */
  readonly template: string
  /** By zoom, without a gap. */
  readonly matrices: ReadonlyMap<number, WmtsMatrix>
  readonly tileSizePx: 256 | 512
}

const WORLD_M = 2 * Math.PI * 6378137
/** Scale denominators are stated for pixels of 0.28 mm. */
const PIXEL_M = 0.00028
/** As a URN, or as the address of a definition (OGC 05-010, 09-048). */
const WEB_MERCATOR = /(^|[:/])(3857|900913|102100|102113)$|GoogleMapsCompatible/i

/**
 * Finds the layer that a source names.
 * @throws {InputError} `wmts-capabilities`, `wmts-layer`, `wmts-grid` naming what there is instead
 */
export function findWmtsLayer(xml: string, config: WmtsConfig): WmtsLayer {
  const root = nodeOf(parseXml(xml)['Capabilities'])
  const contents = nodeOf(root?.['Contents'])
  if (root === undefined || contents === undefined) throw noCapabilities(config.url, 'other text')
  const layers = listOf(contents['Layer'])
  const layer = layers.find((one) => textOf(one['Identifier']) === config.layer)
  if (layer === undefined) throw unknown('layer', config.layer, layers.map(nameOf))
  const { link, set } = findMatrixSet(layer, listOf(contents['TileMatrixSet']), config)
  const { matrices, tileSizePx } = readMatrices(set, link)
  const template = fill(findTemplate(root, layer, config), layer, {
    config,
    matrixSet: textOf(set['Identifier']),
  })
  return { template, matrices, tileSizePx }
}

/** What is there is something else; it is not quoted, as it may be binary. */
export function noCapabilities(url: string, got: string): InputError {
  return new InputError('wmts-capabilities', `Expected WMTS capabilities at ${url}, got ${got}`, {
    hint: 'e.g. https://…/1.0.0/WMTSCapabilities.xml or …?SERVICE=WMTS&REQUEST=GetCapabilities',
  })
}

/** The first set of the layer (or the one that is named) whose tiles are those of Web Mercator. */
function findMatrixSet(
  layer: XmlNode,
  sets: readonly XmlNode[],
  { matrixSet }: WmtsConfig,
): { readonly link: XmlNode; readonly set: XmlNode } {
  const offered = listOf(layer['TileMatrixSetLink']).flatMap((link) => {
    const set = sets.find((one) => nameOf(one) === textOf(link['TileMatrixSet']))
    return set === undefined ? [] : [{ link, set }]
  })
  const asked = offered.filter(({ set }) => matrixSet === undefined || nameOf(set) === matrixSet)
  if (asked.length === 0) {
    throw unknown(
      'matrixSet',
      matrixSet ?? '',
      offered.map(({ set }) => nameOf(set)),
    )
  }
  const found = asked.find(({ set }) => readMatrices(set, {}).matrices.size > 0)
  if (found !== undefined) return found
  const crs = offered.map(({ set }) => `${nameOf(set)} (${textOf(set['SupportedCRS'])})`)
  throw new InputError(
    'wmts-grid',
    `Expected a tile matrix set in Web Mercator (EPSG:3857, GoogleMapsCompatible), got ${crs.join(', ')}`,
    { hint: 'the service\'s WMS, if it has one, may know EPSG:3857: use kind "wms"' },
  )
}

/** Matrices of the Web Mercator pyramid, from the finest down to the first gap. */
function readMatrices(
  set: XmlNode,
  link: XmlNode,
): { readonly matrices: Map<number, WmtsMatrix>; readonly tileSizePx: 256 | 512 } {
  const names = `${textOf(set['SupportedCRS'])} ${textOf(set['WellKnownScaleSet'])}`
  const isMercator = names.split(' ').some((name) => WEB_MERCATOR.test(name))
  const all = isMercator ? listOf(set['TileMatrix']) : []
  const tileSizePx = all.some((one) => textOf(one['TileWidth']) === '512') ? 512 : 256
  const usable = all.flatMap((one): WmtsMatrix[] => {
    const zoom = zoomOf(one, tileSizePx)
    return zoom === undefined ? [] : [{ identifier: nameOf(one), zoom, ...limitsOf(one, link) }]
  })
  // A set may be finer than this layer: of one with limits the layer has those matrices alone that
  // they list. Limits that name none of the set's matrices say nothing about them.
  const listed = usable.filter(({ limits }) => limits !== undefined)
  const byZoom = new Map((listed.length > 0 ? listed : usable).map((one) => [one.zoom, one]))
  const matrices = new Map<number, WmtsMatrix>()
  for (let zoom = Math.max(...byZoom.keys()); byZoom.has(zoom); zoom--) {
    matrices.set(zoom, byZoom.get(zoom) as WmtsMatrix)
  }
  return { matrices, tileSizePx }
}

/** The tiles that a layer has in a matrix, where the link to its set tells them. */
function limitsOf(matrix: XmlNode, link: XmlNode): Pick<WmtsMatrix, 'limits'> {
  const all = listOf(nodeOf(link['TileMatrixSetLimits'])?.['TileMatrixLimits'])
  const own = all.find((one) => textOf(one['TileMatrix']) === nameOf(matrix))
  if (own === undefined) return {}
  return {
    limits: {
      rows: [Number(own['MinTileRow']), Number(own['MaxTileRow'])],
      columns: [Number(own['MinTileCol']), Number(own['MaxTileCol'])],
    },
  }
}

/** The zoom of a matrix that lies as the world's tiles do. */
function zoomOf(matrix: XmlNode, tileSizePx: number): number | undefined {
  const [left = NaN, top = NaN] = textOf(matrix['TopLeftCorner']).split(/\s+/).map(Number)
  const isWorld = Math.abs(left + WORLD_M / 2) < 2 && Math.abs(top - WORLD_M / 2) < 2
  const sides = [textOf(matrix['TileWidth']), textOf(matrix['TileHeight'])].map(Number)
  const resolution = Number(matrix['ScaleDenominator']) * PIXEL_M
  const exact = Math.log2(WORLD_M / (resolution * tileSizePx))
  const zoom = Math.round(exact)
  const isLevel = Math.abs(exact - zoom) < 1e-4 && zoom >= 0 && zoom <= 30
  return isWorld && isLevel && sides.every((side) => side === tileSizePx) ? zoom : undefined
}

/** The RESTful template of the layer's tiles, or one made of parameters. */
function findTemplate(root: XmlNode, layer: XmlNode, config: WmtsConfig): string {
  const format = chooseFormat(layer, config)
  const resources = listOf(layer['ResourceURL']).filter((one) => one['@resourceType'] === 'tile')
  const resource = resources.find((one) => one['@format'] === format)
  if (resource !== undefined) return textOf(resource['@template'])
  const address = findTileAddress(root) || config.url.replace(/\?.*/s, '')
  const parameters = {
    SERVICE: 'WMTS',
    REQUEST: 'GetTile',
    VERSION: '1.0.0',
    LAYER: encodeURIComponent(config.layer),
    STYLE: '{Style}',
    FORMAT: encodeURIComponent(format),
    TILEMATRIXSET: '{TileMatrixSet}',
    TILEMATRIX: '{TileMatrix}',
    TILEROW: '{TileRow}',
    TILECOL: '{TileCol}',
    ...Object.fromEntries(
      listOf(layer['Dimension']).map((one) => [nameOf(one).toUpperCase(), `{${nameOf(one)}}`]),
    ),
  }
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  const separator = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&'
  return `${address}${separator}${query.join('&')}`
}

/** Where tiles are asked for by parameters; empty where the service does not say. */
function findTileAddress(root: XmlNode): string {
  const operation = listOf(nodeOf(root['OperationsMetadata'])?.['Operation']).find(
    (one) => one['@name'] === 'GetTile',
  )
  const gets = listOf(nodeOf(nodeOf(operation?.['DCP'])?.['HTTP'])?.['Get'])
  return textOf((gets.find((one) => !isRestful(one)) ?? gets[0])?.['@href'])
}

/** Of a service that answers both ways: an address that takes paths, not parameters. */
function isRestful(get: XmlNode): boolean {
  const values = listOf(get['Constraint']).flatMap((one) =>
    textsOf(nodeOf(one['AllowedValues'])?.['Value']),
  )
  return values.includes('RESTful') && !values.includes('KVP')
}

function chooseFormat(layer: XmlNode, { format }: WmtsConfig): string {
  const offered = textsOf(layer['Format'])
  if (format !== undefined) {
    if (offered.includes(format)) return format
    throw unknown('format', format, offered)
  }
  return ['image/jpeg', 'image/png'].find((one) => offered.includes(one)) ?? offered[0] ?? ''
}

/** Puts style, matrix set and dimensions into a template. */
function fill(
  template: string,
  layer: XmlNode,
  { config, matrixSet }: { readonly config: WmtsConfig; readonly matrixSet: string },
): string {
  const styles = listOf(layer['Style'])
  const names = styles.map(nameOf)
  const { style, dimensions } = config
  if (style !== undefined && !names.includes(style)) throw unknown('style', style, names)
  const preset = styles.find((one) => one['@isDefault'] === 'true') ?? styles[0]
  const values: [string, string][] = [
    ['Style', style ?? (preset === undefined ? '' : nameOf(preset))],
    ['TileMatrixSet', matrixSet],
    ...listOf(layer['Dimension']).map((one): [string, string] => [
      nameOf(one),
      dimensions[nameOf(one)] ?? textOf(one['Default']),
    ]),
  ]
  return values.reduce(
    (filled, [name, value]) =>
      filled.replace(new RegExp(`\\{${escapePattern(name)}\\}`, 'gi'), () =>
        encodeURIComponent(value),
      ),
    template,
  )
}

function escapePattern(words: string): string {
  return words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function unknown(what: string, asked: string, offered: readonly string[]): InputError {
  const shown = offered.slice(0, 20).join(', ')
  const more = offered.length > 20 ? ` and ${String(offered.length - 20)} more` : ''
  return new InputError('wmts-layer', `Expected a known ${what}, got "${asked}"`, {
    hint: `the service has ${shown}${more}`,
  })
}

function nameOf(element: XmlNode): string {
  return textOf(element['Identifier'])
}
