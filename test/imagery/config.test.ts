import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'

const url = 'https://tiles.example/{z}/{x}/{y}.png'
const xyz = { kind: 'xyz', url, attribution: 'A', maxZoom: 19 }

const REFUSED: { name: string; input: unknown; says: RegExp }[] = [
  { name: 'text that is not JSON', input: '{kind', says: /JSON/ },
  { name: 'an unknown kind', input: { kind: 'wmx' }, says: /1 problem: kind: got "wmx"$/ },
  { name: 'no kind', input: { files: ['a.tif'] }, says: /1 problem: kind: got none$/ },
  {
    name: 'no attribution',
    input: { ...xyz, attribution: undefined },
    says: /1 problem: attribution: missing$/,
  },
  {
    name: 'several hosts in a kind that asks only one',
    input: { ...xyz, kind: 'wms', layers: 'a', url: 'https://{switch:a,b}.example/wms' },
    says: /1 problem: url: an address without \{switch:…\}, which only kind "xyz" knows$/,
  },
  {
    name: 'a misspelt option',
    input: { kind: 'geotiff', files: ['a'], strech: 'x' },
    says: /strech/,
  },
  { name: 'no files', input: { kind: 'geotiff', files: [] }, says: /files/ },
  { name: 'an address without {y}', input: { ...xyz, url: 'https://a/{z}/{x}' }, says: /url/ },
  { name: 'a key without its variable', input: { ...xyz, url: `${url}?k={key}` }, says: /keyEnv/ },
  {
    name: 'a password in the address',
    input: { ...xyz, url: 'https://me:pw@a/{z}/{x}/{y}' },
    says: /headersEnv/,
  },
  {
    name: 'a signature',
    input: { ...xyz, url: `${xyz.url}?se=1&sig=a%2Bb` },
    says: /no key or signature.*sig=\{key\}/,
  },
  {
    name: 'a key in the address',
    input: { ...xyz, url: `${xyz.url}?style=a&key=abc123` },
    says: /no key.*key=\{key\}.*keyEnv/,
  },
  {
    name: 'an access token in the address',
    input: { ...xyz, url: `${xyz.url}?access_token=pk.eyJ1.abc` },
    says: /access_token=\{key\}/,
  },
  {
    name: 'a key in one of several addresses',
    input: {
      kind: 'cog',
      urls: ['https://a/1.tif?v=2', { url: 'https://a/2.tif?apikey=s', capturedOn: '2021' }],
      attribution: 'A',
    },
    says: /apikey=\{key\}/,
  },
  { name: 'a secret header', input: { ...xyz, headers: { Authorization: 'x' } }, says: /secret/ },
]

describe('parseImageryConfig', () => {
  for (const { name, input, says } of REFUSED) {
    test(`refuses ${name}`, () => {
      expect(() => parseImageryConfig(input)).toThrow(InputError)
      expect(() => parseImageryConfig(input)).toThrow(says)
    })
  }

  test('takes a key that stands elsewhere, and parameters that are none', () => {
    const named = {
      ...xyz,
      url: `${url}?access_token={key}&token=Bearer%20{key}&key=&tokens=3&v=1`,
      keyEnv: 'K',
    }
    expect(parseImageryConfig(named)).toMatchObject({ url: named.url })
  })

  test('lists all problems at once', () => {
    expect(() => parseImageryConfig({ kind: 'geotiff', files: [], nodata: 'x' })).toThrow(
      /2 problems.*files.*nodata/,
    )
  })

  test('reads JSON text and objects alike, and fills in the defaults', () => {
    const config = parseImageryConfig(JSON.stringify(xyz))
    expect(config).toEqual(parseImageryConfig(xyz))
    expect(config).toMatchObject({ tileSizePx: 256, requestsPerSecond: 10, concurrency: 4 })
    expect(parseImageryConfig(config)).toEqual(config)
  })
})
