import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRoadNetwork } from '../../src/roads/read-network.ts'
import { makeBlob, makeExtract, packAs } from './make-pbf.ts'
import { plain, read } from './read-made.ts'

describe('files that cannot be read', () => {
  const good = makeExtract(plain)
  const cases = [
    { name: 'an empty file', bytes: new Uint8Array(0), code: 'extract-not-pbf', says: 'empty' },
    {
      name: 'XML',
      bytes: Buffer.from('<?xml version="1.0"?><osm version="0.6"></osm>'),
      code: 'extract-not-pbf',
      says: '.osm.pbf',
    },
    {
      name: 'data before the header',
      bytes: makeBlob('OSMData', good),
      code: 'extract-not-pbf',
      says: 'OSMData',
    },
    {
      name: 'a file cut in a blob',
      bytes: good.subarray(0, -5),
      code: 'extract-truncated',
      says: `${good.length - 5} bytes`,
    },
    {
      name: 'a file cut in a blob header',
      bytes: Buffer.concat([good, Buffer.from([0, 0, 0, 13, 10])]),
      code: 'extract-truncated',
      says: 'end within',
    },
    {
      name: 'damaged zlib data',
      bytes: damage(good),
      code: 'extract-corrupt',
      says: 'blob at byte',
    },
    {
      name: 'rubbish in a block',
      bytes: Buffer.concat([good, makeBlob('OSMData', Buffer.from([0x12, 0x7f, 1, 2, 3]))]),
      code: 'extract-corrupt',
      says: 'blob at byte',
    },
    {
      name: 'a blob header that is rubbish',
      bytes: Buffer.concat([good, Buffer.from([0, 0, 0, 1, 0x13]), good]),
      code: 'extract-corrupt',
      says: `blob header at byte ${good.length}`,
    },
    {
      name: 'rubbish in the header block',
      bytes: makeBlob('OSMHeader', Buffer.from([0x13])),
      code: 'extract-corrupt',
      says: 'blob at byte',
    },
    {
      name: 'damaged zlib data of the header block',
      bytes: damage(makeBlob('OSMHeader', Buffer.alloc(40))),
      code: 'extract-corrupt',
      says: 'blob at byte',
    },
    {
      name: 'lzma',
      bytes: makeExtract({ ...plain, pack: packAs(4, (block) => block) }),
      code: 'extract-compression',
      says: 'got lzma',
    },
    {
      name: 'bzip2',
      bytes: makeExtract({ ...plain, pack: packAs(5, (block) => block) }),
      code: 'extract-compression',
      says: 'got bzip2',
    },
    {
      name: 'a feature that nobody knows',
      bytes: makeExtract({ requiredFeatures: ['Time-Travel'] }),
      code: 'extract-feature',
      says: 'Time-Travel',
    },
  ]
  for (const { name, bytes, code, says } of cases)
    test(`${name}: ${code}, with the file and a next step`, async () => {
      const failure: unknown = await read(bytes).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        name: 'InputError',
        code,
        hint: expect.any(String) as unknown,
      })
      expect((failure as Error).message).toContain('made.osm.pbf')
      expect((failure as Error).message).toContain(says)
    })

  test('a file that is not there: extract-not-found', async () => {
    const { signal } = new AbortController()
    await expect(
      readRoadNetwork(join(tmpdir(), 'whereabouts-none.osm.pbf'), {
        boundary: null,
        threads: 1,
        signal,
      }),
    ).rejects.toMatchObject({ code: 'extract-not-found' })
  })

  const OTHERS = [
    { name: 'XML', head: '<?xml version="1.0"?>\n<osm version="0.6">', got: 'XML', hint: 'osmium' },
    { name: 'XML in bz2', head: 'BZh91AY&SY', got: 'a bz2 file', hint: 'osmium' },
    { name: 'XML in gz', head: '\x1f\x8b\x08\0', got: 'a gz file', hint: 'gunzip' },
    { name: 'o5m', head: '\xff\xe0\x04o5m2', got: 'o5m', hint: 'osmium' },
    { name: 'a page', head: '<!DOCTYPE html><html>', got: 'a web page', hint: 'Download' },
    { name: 'noise', head: '\xfe\xfd\xfc', got: 'other bytes', hint: 'Download' },
  ]
  for (const { name, head, got, hint } of OTHERS)
    test(`${name} for an extract is named, with the way out`, async () => {
      const bytes = Buffer.from(head.padEnd(100, ' '), 'latin1')
      await expect(read(bytes)).rejects.toMatchObject({
        code: 'extract-not-pbf',
        message: expect.stringContaining(`got ${got}`) as unknown,
        hint: expect.stringContaining(hint) as unknown,
      })
    })

  test('an address is to be downloaded first', async () => {
    const { signal } = new AbortController()
    const url = 'https://example.org/a.osm.pbf'
    await expect(
      readRoadNetwork(url, { boundary: null, threads: 1, signal }),
    ).rejects.toMatchObject({
      code: 'extract-not-found',
      hint: `Download it first: curl -LO ${url}`,
    })
  })

  test('a folder: extract-not-pbf, and a file in it is to be named', async () => {
    const { signal } = new AbortController()
    await expect(
      readRoadNetwork(tmpdir(), { boundary: null, threads: 1, signal }),
    ).rejects.toMatchObject({ code: 'extract-not-pbf', hint: 'Name a file in it.' })
  })
})

function damage(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 8]! ^= 0xff
  return copy
}
