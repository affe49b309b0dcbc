import { describe, expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { expandPreset, PRESETS } from '../../src/imagery/presets.ts'

/** A value for each parameter of a preset, as its description gives it. */
const EXAMPLES: Record<string, string> = {
  release: '56102',
  date: '2023-12-07',
  year: '2023',
  image: '62d85d11d8499800053796c1/0/62d85d11d8499800053796c2',
}

describe('every preset', () => {
  for (const { name, parameters = {}, isCoarse, source } of PRESETS) {
    test(`${name} is a valid source with attribution, licence and terms`, () => {
      const values = Object.keys(parameters).map((key) => `${key}=${EXAMPLES[key]}`)
      const query = [...values, ...(isCoarse === true ? ['allowCoarse=true'] : [])].join('&')
      const config = parseImageryConfig(`preset:${name}?${query}`)
      expect(config).toMatchObject({ kind: source.kind, maxZoom: source.maxZoom })
      expect(config).toMatchObject({
        attribution: expect.stringMatching(/\S/) as unknown,
        licence: expect.stringMatching(/\S/) as unknown,
        termsUrl: expect.stringMatching(/^https:/) as unknown,
        url: expect.stringMatching(/^https:/) as unknown,
      })
      // What is left in braces are places that the kind fills in.
      const left = JSON.stringify(config).match(/\{(?!["}])[^}]*\}/g) ?? []
      expect(left.filter((place) => !/^\{(z|x|y|q|key)\}$/.test(place))).toEqual([])
    })
  }

  test('has a name of its own', () => {
    expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length)
  })
})

describe('expandPreset', () => {
  test('puts parameters into the address and the attribution', () => {
    const config = expandPreset('preset:esri-wayback?release=56102&date=2023-12-07')
    expect(config['url']).toContain('/tile/56102/{z}/{y}/{x}')
    expect(config['attribution']).toContain('published 2023-12-07')
  })

  test('takes fields that replace those of the source', () => {
    const wish = { kind: 'preset', name: 'mapbox-satellite', keyEnv: 'MY_KEY', maxZoom: 17 }
    expect(parseImageryConfig(wish)).toMatchObject({ keyEnv: 'MY_KEY', maxZoom: 17, kind: 'xyz' })
  })

  test('reads numbers and yes or no behind its name', () => {
    const config = parseImageryConfig(
      'preset:mapbox-satellite?requestsPerSecond=3&maxZoom=17&keepBlankTiles=true&capturedOn=2022',
    )
    expect(config).toMatchObject({
      requestsPerSecond: 3,
      maxZoom: 17,
      keepBlankTiles: true,
      capturedOn: '2022',
    })
    expect(() => parseImageryConfig('preset:mapbox-satellite?maxZoom=many')).toThrow('maxZoom')
  })

  test('does not keep parameters as fields of the source', () => {
    const wish = { kind: 'preset', name: 'pdok-luchtfoto-year', year: 2023 }
    expect(parseImageryConfig(JSON.stringify(wish))).toMatchObject({
      layers: '2023_orthoHR',
      capturedOn: '2023',
    })
  })

  const refused = [
    { name: 'an unknown name', wish: 'preset:bing', code: 'preset-unknown' },
    { name: 'a missing parameter', wish: 'preset:esri-wayback', code: 'preset-parameter' },
    {
      name: 'a parameter that would lead elsewhere',
      wish: 'preset:openaerialmap?image=../../evil',
      code: 'preset-parameter',
    },
    {
      name: 'imagery too coarse',
      wish: 'preset:sentinel2-cloudless?year=2024',
      code: 'imagery-too-coarse',
    },
    {
      name: 'a misspelt field',
      wish: { kind: 'preset', name: 'esri-world-imagery', maxZom: 3 },
      code: 'imagery-config',
    },
  ]
  for (const { name, wish, code } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => parseImageryConfig(wish)).toThrow(expect.objectContaining({ code }))
    })
  }
})
