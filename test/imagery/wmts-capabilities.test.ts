import { describe, expect, test } from 'vitest'
import { wmts } from '../../src/imagery/kinds/wmts.ts'
import { findWmtsLayer } from '../../src/imagery/wmts-capabilities.ts'
import { mercatorMatrixSet, RD_MATRIX_SET, wmtsCapabilities } from '../fixtures/map-services.ts'

const origin = 'https://maps.example'
const config = (options: object = {}) =>
  wmts.parse({ kind: 'wmts', url: `${origin}/c`, layer: 'ortho', attribution: 'A', ...options })
const link = (name: string, limits = ''): string =>
  `<TileMatrixSetLink><TileMatrixSet>${name}</TileMatrixSet>${limits}</TileMatrixSetLink>`
const web = mercatorMatrixSet('web', [0, 19])

function capabilities(options: {
  sets?: readonly string[]
  layer?: string
  formats?: readonly string[]
}): string {
  const { sets = [RD_MATRIX_SET, web], layer = link('EPSG:28992') + link('web') } = options
  return String(wmtsCapabilities({ ...options, origin, sets, layer }).body)
}

describe('findWmtsLayer', () => {
  test('chooses the tile matrix set in Web Mercator, JPEG, the default style', () => {
    const { template, matrices, tileSizePx } = findWmtsLayer(capabilities({}), config())
    expect([...matrices.keys()].sort((a, b) => a - b)).toEqual([...Array(20).keys()])
    expect(matrices.get(7)?.identifier).toBe('07')
    expect(tileSizePx).toBe(256)
    expect(Object.fromEntries(new URL(template).searchParams)).toEqual({
      SERVICE: 'WMTS',
      REQUEST: 'GetTile',
      VERSION: '1.0.0',
      LAYER: 'ortho',
      STYLE: 'default',
      FORMAT: 'image/jpeg',
      TILEMATRIXSET: 'web',
      TILEMATRIX: '{TileMatrix}',
      TILEROW: '{TileRow}',
      TILECOL: '{TileCol}',
    })
  })

  test('takes the address of a resource, and puts style, set and dimensions into it', () => {
    const layer = `${link('web')}
      <Dimension><ows:Identifier>Time</ows:Identifier><Default>current</Default></Dimension>
      <ResourceURL format="image/png" resourceType="tile" template="${origin}/no.png"/>
      <ResourceURL format="image/jpeg" resourceType="FeatureInfo" template="${origin}/no.xml"/>
      <ResourceURL format="image/jpeg" resourceType="tile"
        template="${origin}/{Style}/{time}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.jpeg"/>`
    const xml = capabilities({ layer })
    expect(findWmtsLayer(xml, config()).template).toBe(
      `${origin}/default/current/web/{TileMatrix}/{TileRow}/{TileCol}.jpeg`,
    )
    const asked = config({ style: 'grey', dimensions: { Time: '2021 06' } })
    expect(findWmtsLayer(xml, asked).template).toContain('/grey/2021%2006/web/')
  })

  test('asks by parameters where the first of two addresses takes paths', () => {
    const restful = `<ows:Get xlink:href="${origin}/tiles"><ows:Constraint name="GetEncoding">
      <ows:AllowedValues><ows:Value>RESTful</ows:Value></ows:AllowedValues></ows:Constraint></ows:Get>`
    const kvp = `<ows:Get xlink:href="${origin}/kvp?">`
    const xml = capabilities({}).replace(kvp, `${restful}${kvp}`)
    expect(findWmtsLayer(xml, config()).template).toContain(`${origin}/kvp?SERVICE=WMTS`)
  })

  for (const crs of [
    'EPSG:3857',
    'urn:ogc:def:crs:EPSG:6.18.3:3857',
    'http://www.opengis.net/def/crs/EPSG/0/3857',
  ])
    test(`knows Web Mercator as ${crs}`, () => {
      const sets = [web.replace(/(<ows:SupportedCRS>)[^<]*/, `$1${crs}`)]
      const { matrices } = findWmtsLayer(capabilities({ sets, layer: link('web') }), config())
      expect(matrices.size).toBe(20)
    })

  test('sends dimensions as parameters where there is no address of a resource', () => {
    const layer = `${link('web')}<Dimension><ows:Identifier>Time</ows:Identifier><Default>2020</Default></Dimension>`
    const { template } = findWmtsLayer(capabilities({ layer }), config())
    expect(new URL(template).searchParams.get('TIME')).toBe('2020')
  })

  test('tiles of 512 px have the zoom that their pixels have', () => {
    const sets = [mercatorMatrixSet('web', [0, 18], 512)]
    const { matrices, tileSizePx } = findWmtsLayer(capabilities({ sets }), config())
    expect(tileSizePx).toBe(512)
    expect(matrices.get(18)?.identifier).toBe('18')
  })

  test('uses the zooms from the finest down to the first gap', () => {
    const sets = [web.replace(/<TileMatrix><ows:Identifier>12.*?<\/TileMatrix>/s, '')]
    const { matrices } = findWmtsLayer(capabilities({ sets }), config())
    expect([...matrices.keys()].sort((a, b) => a - b)).toEqual([13, 14, 15, 16, 17, 18, 19])
  })

  test('knows which tiles the layer has', () => {
    const limits = `<TileMatrixSetLimits><TileMatrixLimits><TileMatrix>19</TileMatrix>
      <MinTileRow>5</MinTileRow><MaxTileRow>9</MaxTileRow><MinTileCol>2</MinTileCol><MaxTileCol>3</MaxTileCol>
      </TileMatrixLimits></TileMatrixSetLimits>`
    const { matrices } = findWmtsLayer(capabilities({ layer: link('web', limits) }), config())
    expect(matrices.get(19)?.limits).toEqual({ rows: [5, 9], columns: [2, 3] })
  })

  const limitsOf = (names: readonly string[]) => {
    const one = (name: string) => `<TileMatrixLimits><TileMatrix>${name}</TileMatrix>
      <MinTileRow>0</MinTileRow><MaxTileRow>9</MaxTileRow><MinTileCol>0</MinTileCol><MaxTileCol>9</MaxTileCol>
      </TileMatrixLimits>`
    return `<TileMatrixSetLimits>${names.map(one).join('')}</TileMatrixSetLimits>`
  }

  test('leaves out the matrices that the limits of the layer do not list', () => {
    const layer = link('web', limitsOf(['15', '16', '17']))
    const { matrices } = findWmtsLayer(capabilities({ layer }), config())
    expect([...matrices.keys()]).toEqual([17, 16, 15])
  })

  test('uses all matrices where the limits name none of them', () => {
    const layer = link('web', limitsOf(['other:17']))
    const { matrices } = findWmtsLayer(capabilities({ layer }), config())
    expect(matrices.size).toBe(20)
    expect(matrices.get(17)?.limits).toBeUndefined()
  })

  const shifted = web.replaceAll('-20037508.3427892 2', '-20000000 2')
  const refused = [
    {
      name: 'other grids alone',
      options: { layer: link('EPSG:28992') },
      code: 'wmts-grid',
      says: /EPSG:28992.*EPSG::28992/,
    },
    {
      name: 'a grid that begins elsewhere',
      options: { sets: [shifted] },
      code: 'wmts-grid',
      says: /Web Mercator/,
    },
    {
      name: 'a layer that is not there',
      wish: { layer: 'x' },
      code: 'wmts-layer',
      says: /layer, got "x"/,
    },
    {
      name: 'a style that is not there',
      wish: { style: 'x' },
      code: 'wmts-layer',
      says: /style, got "x"/,
    },
    {
      name: 'a format that is not there',
      wish: { format: 'x' },
      code: 'wmts-layer',
      says: /format/,
    },
    {
      name: 'a set that is not there',
      wish: { matrixSet: 'x' },
      code: 'wmts-layer',
      says: /matrixSet/,
    },
  ]
  for (const { name, options = {}, wish = {}, code, says } of refused) {
    test(`refuses ${name}, and says what there is`, () => {
      const find = () => findWmtsLayer(capabilities(options), config(wish))
      expect(find).toThrow(expect.objectContaining({ name: 'InputError', code }))
      expect(find).toThrow(says)
    })
  }

  for (const other of ['<html><p>Hello</html>', '<WMS_Capabilities version="1.3.0"/>', '']) {
    test(`refuses ${JSON.stringify(other)}`, () => {
      expect(() => findWmtsLayer(other, config())).toThrow(/WMTS capabilities/)
    })
  }
})
