import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeRegion } from '../../src/journeys/region-status.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  gridRegion,
  openHarness,
  waitForBuild,
  type Harness,
  type ProblemAnswer,
} from './harness.ts'
import { CENTRE } from './town.ts'
import { insertPoints } from '../gallery/rows.ts'

interface HeatmapAnswer {
  readonly id: string
  readonly best: number
  readonly cellCount: number
  readonly points: { readonly embedded: number }
  readonly candidates: readonly { readonly at: readonly [number, number]; distance: number }[]
  readonly files: Readonly<Record<string, string>>
  readonly known: { readonly rank: number } | null
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describeOnEachDatabase('photos and heatmaps over HTTP', (_open, place) => {
  let http: Harness
  let water = ''
  let roof = ''

  beforeAll(async () => {
    http = await openHarness(await place())
    await http.post('/v1/regions', gridRegion('town', http.town))
    await http.post('/v1/regions/town/build')
    await waitForBuild(http, 'town')
    water = sha256(http.town.waterPhoto)
    roof = sha256(http.town.roofPhoto)
  })
  afterAll(() => http.close())

  const ask = async (body: object) => {
    const response = await http.post('/v1/heatmaps', {
      region: 'town',
      cells: 'square:50m',
      ...body,
    })
    return { status: response.status, answer: (await response.json()) as HeatmapAnswer, response }
  }
  const problemOf = async (response: Response) => (await response.json()) as ProblemAnswer

  test('a photo is kept under the hash of its bytes and tells what it shows', async () => {
    const response = await http.upload(http.town.waterPhoto)
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`/v1/photos/${water}`)
    const photo = (await response.json()) as { scenes: { scene: string }[] }
    expect(photo).toMatchObject({ id: water, width: 240, height: 160 })
    expect(photo.scenes[0]?.scene).toBe('harbor')
    expect(await (await http.get(`/v1/photos/${water}`)).json()).toEqual(photo)
  })

  test('the same photo as a bare body has the same id', async () => {
    const response = await http.app.request('/v1/photos', {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(http.town.waterPhoto),
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ id: water })
    expect(await readdir(join(http.folder, 'photos'))).toEqual([water])
  })

  test('the heatmap of a water photo is best over the water, and its files are there', async () => {
    const { status, answer, response } = await ask({ photos: [water] })
    expect(status).toBe(201)
    expect(response.headers.get('location')).toBe(`/v1/heatmaps/${answer.id}`)
    expect(answer.candidates[0]?.at[0]).toBeLessThan(CENTRE.lon)
    expect(answer.best).toBeCloseTo(answer.candidates[0]?.distance ?? NaN, 6)
    expect(Object.keys(answer.files).sort()).toEqual(
      ['csv', 'geojson', 'geotiff', 'kml', 'png', 'sheet'].sort(),
    )
    const again = (await (await http.get(`/v1/heatmaps/${answer.id}`)).json()) as HeatmapAnswer
    expect(again).toEqual(answer)
  })

  test('the same question has the same id and is not computed again; another one has another', async () => {
    const first = await ask({ photos: [water] })
    expect(first.status).toBe(200)
    const other = await ask({ photos: [water], cells: 'square:100m' })
    expect(other.status).toBe(201)
    expect(other.answer.id).not.toBe(first.answer.id)
  })

  const files = [
    { ending: 'geojson', accept: 'application/geo+json', starts: '{' },
    { ending: 'csv', accept: 'text/csv', starts: '' },
    { ending: 'kml', accept: 'application/vnd.google-earth.kml+xml', starts: '<?xml' },
    { ending: 'tif', accept: 'image/tiff', starts: 'I' },
    { ending: 'png', accept: 'image/png', starts: '\x89PNG' },
    { ending: 'html', accept: 'text/html', starts: '<!doctype' },
  ]
  for (const { ending, accept, starts } of files) {
    test(`a heatmap comes as ${ending} by its ending and by Accept, byte for byte the same`, async () => {
      const { answer } = await ask({ photos: [water] })
      const byEnding = await http.get(`/v1/heatmaps/${answer.id}.${ending}`)
      expect(byEnding.status).toBe(200)
      expect(byEnding.headers.get('content-type')).toContain(accept)
      const bytes = Buffer.from(await byEnding.arrayBuffer())
      expect(bytes.length).toBeGreaterThan(100)
      expect(bytes.toString('latin1').toLowerCase().startsWith(starts.toLowerCase())).toBe(true)
      const byAccept = await http.get(`/v1/heatmaps/${answer.id}`, { accept })
      expect(Buffer.from(await byAccept.arrayBuffer()).equals(bytes)).toBe(true)
    })
  }

  test('CSV, which has no place for it, brings what limits the result as a header', async () => {
    const { answer } = await ask({ photos: [water] })
    const noticeOf = async (ending: string) =>
      (await http.get(`/v1/heatmaps/${answer.id}.${ending}`)).headers.get('whereabouts-notice')
    expect(await noticeOf('csv')).toMatch(/^a place to start looking, not proof/)
    expect(await noticeOf('kml')).toBeNull()
  })

  test('a form that there is not answers 406 with the list', async () => {
    const { answer } = await ask({ scene: 'harbor', cells: 'h3:11' })
    for (const path of [`${answer.id}.html`, `${answer.id}.tif`, `${answer.id}.xlsx`]) {
      const response = await http.get(`/v1/heatmaps/${path}`)
      expect(response.status).toBe(406)
      expect((await problemOf(response)).facts?.['available']).toContain('image/png (.png)')
    }
    expect((await http.get(`/v1/heatmaps/${answer.id}`, { accept: 'image/webp' })).status).toBe(406)
    const geotiff = await problemOf(await http.get(`/v1/heatmaps/${answer.id}.tif`))
    expect(geotiff.hint).toContain('square cells')
  })

  test('a scene, an embedding and the best scenes can be asked for', async () => {
    const scene = await ask({ scene: 'harbour' })
    expect(scene.answer.candidates[0]?.at[0]).toBeLessThan(CENTRE.lon)
    const best = await ask({ best: true })
    expect(best.status).toBe(201)
    const { encoder, decodePhoto } = http.world
    const { image } = await decodePhoto(http.town.waterPhoto)
    const embedding = [...(await (await encoder('ground')).encode([image]))]
    const embedded = await ask({ embeddings: [embedding] })
    const photo = await ask({ photos: [water] })
    expect(embedded.answer.best).toBeCloseTo(photo.answer.best, 6)
  })

  test('weights may be as different as the API allows', async () => {
    const groupWeights = { manMade: 1000, natural: 1e-6, indoor: 0 }
    const embedding = Array.from({ length: 365 }, (_, index) => Math.sin(index))
    const { status, answer } = await ask({ embeddings: [embedding], groupWeights })
    expect(status).toBe(201)
    expect(answer).toMatchObject({
      question: { kind: 'embedding', groupWeights },
      note: expect.stringContaining('man-made 1000, natural 0.000001, indoor 0') as unknown,
    })
  })

  test('a known place tells its rank', async () => {
    const at = (await ask({ photos: [water] })).answer.candidates[0]?.at
    const { answer } = await ask({ photos: [water], known: at })
    expect(answer.known).toMatchObject({ isSearched: true, isGood: true })
  })

  test('a heatmap is computed anew when the region has changed', async () => {
    const before = await ask({ scene: 'river' })
    const { region, points } = await describeRegion(http.world, 'town')
    await insertPoints(http.world.db, region.id, [{ id: points.total, ...CENTRE }])
    await http.post('/v1/regions/town/build')
    await waitForBuild(http, 'town')
    const after = await ask({ scene: 'river' })
    expect(after.status).toBe(201)
    expect(after.answer.id).not.toBe(before.answer.id)
    expect(after.answer.points.embedded).toBe(before.answer.points.embedded + 1)
  })

  test('a deleted photo is gone with its bytes; heatmaps of it keep no sheet', async () => {
    await http.upload(http.town.roofPhoto)
    const { answer } = await ask({ photos: [roof] })
    expect((await http.remove(`/v1/photos/${roof}`)).status).toBe(204)
    expect(await readdir(join(http.folder, 'photos'))).not.toContain(roof)
    expect((await http.get(`/v1/photos/${roof}`)).status).toBe(404)
    expect((await http.remove(`/v1/photos/${roof}`)).status).toBe(404)
    expect((await http.get(`/v1/heatmaps/${answer.id}.html`)).status).toBe(404)
    const asked = await http.post('/v1/heatmaps', {
      region: 'town',
      cells: 'square:50m',
      photos: [roof],
    })
    expect(asked.status).toBe(404)
  })

  const refused = [
    { name: 'nothing asked', body: {}, status: 400, code: 'request-invalid' },
    {
      name: 'two things asked',
      body: { scene: 'harbor', best: true },
      status: 400,
      code: 'request-invalid',
    },
    { name: 'bad cells', body: { best: true, cells: 'round:5m' }, status: 400, code: 'cells-spec' },
    { name: 'no such region', body: { best: true, region: 'none' }, status: 404 },
    { name: 'no such photo', body: { photos: ['0'.repeat(64)] }, status: 404 },
    { name: 'unknown words', body: { scene: 'xyzzy' }, status: 422, code: 'scene-unknown' },
    { name: 'ambiguous words', body: { scene: 'field' }, status: 422, code: 'scene-ambiguous' },
    { name: 'a short embedding', body: { embeddings: [[1, 2]] }, status: 400 },
    { name: 'the year 0', body: { best: true, photoDate: '0000' }, status: 400 },
    {
      name: 'a weight that single precision cannot hold',
      body: {
        embeddings: [Array.from({ length: 365 }, () => 1)],
        groupWeights: { manMade: 1000, natural: 1e-39, indoor: 0 },
      },
      status: 400,
      code: 'request-invalid',
    },
    { name: 'an unknown property', body: { best: true, cellz: 1 }, status: 400 },
  ]
  for (const { name, body, status, code } of refused) {
    test(`${name} answers ${status}`, async () => {
      const response = await http.post('/v1/heatmaps', {
        region: 'town',
        cells: 'square:50m',
        ...body,
      })
      expect(response.status).toBe(status)
      if (code !== undefined) expect(await problemOf(response)).toMatchObject({ code })
    })
  }

  test('a region without embeddings answers 409', async () => {
    await http.post('/v1/regions', gridRegion('empty', http.town))
    const response = await http.post('/v1/heatmaps', {
      region: 'empty',
      cells: 'square:50m',
      best: true,
    })
    expect(response.status).toBe(409)
    expect(await problemOf(response)).toMatchObject({ code: 'region-not-built' })
  })

  test('what is no photo, or too much of one, is refused', async () => {
    const text = await http.upload(Buffer.from('not a picture'))
    expect(text.status).toBe(415)
    const large = await http.upload(Buffer.alloc(300_000, 1))
    expect(large.status).toBe(413)
    expect(await problemOf(large)).toMatchObject({ code: 'photo-too-large' })
    const black = { width: 300, height: 200, channels: 3 as const, background: '#000000' }
    const blank = await http.upload(await sharp({ create: black }).png().toBuffer())
    expect(blank.status).toBe(422)
    expect(await problemOf(blank)).toMatchObject({ code: 'photo-blank' })
    const none = await http.app.request('/v1/photos', { method: 'POST', body: new FormData() })
    expect(none.status).toBe(400)
    const wrong = await http.post('/v1/photos', {})
    expect(wrong.status).toBe(415)
  })

  test('of two photos in one form none is taken, rather than one dropped', async () => {
    const body = new FormData()
    for (const photo of [http.town.roofPhoto, http.town.waterPhoto]) {
      body.append('photo', new File([photo as Uint8Array<ArrayBuffer>], 'a.jpg'))
    }
    const response = await http.app.request('/v1/photos', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await problemOf(response)).toMatchObject({
      code: 'photo-several',
      detail: 'Expected one photo in a request, got 2 parts "photo"',
    })
  })

  test('neither answers nor logs hold bytes, file names or EXIF positions', async () => {
    const photo = await sharp(http.town.roofPhoto)
      .withExif({
        IFD0: { Copyright: 'secret copyright' },
        IFD3: { GPSLatitude: '48/1 12/1 31/1' },
      })
      .jpeg()
      .toBuffer()
    const answers = await (await http.upload(photo)).text()
    const { answer } = await ask({ photos: [sha256(photo)] })
    const csv = await (await http.get(`/v1/heatmaps/${answer.id}.csv`)).text()
    const told = [answers, JSON.stringify(answer), csv, ...http.logLines].join('\n')
    expect(told).not.toMatch(/secret copyright|GPS|holiday|48\/1/)
    expect(http.logLines.length).toBeGreaterThan(10)
  })
})
