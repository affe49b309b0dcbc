import { describe, expect, test } from 'vitest'
import { mapLinksOf } from '../../src/heatmap/map-links.ts'
import { renderSheet } from '../../src/heatmap/sheet.ts'
import { makeSheet } from './made-sheet.ts'

const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xd9])
const sheet = makeSheet(jpeg)
const html = renderSheet(sheet)

describe('renderSheet', () => {
  test('nothing is loaded from outside: images are data, scripts are forbidden', () => {
    const sources = [...html.matchAll(/\ssrc="([^"]{0,30})/g)].map(([, source]) => source)
    expect(sources).toHaveLength(1 + 19)
    for (const source of sources) expect(source).toMatch(/^data:image\/jpeg;base64,\/9j/)
    expect(html).not.toMatch(/<script|<link|@import|url\(|<iframe/)
    expect(html).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`)
  })

  test('every other address is a link that a person must click', () => {
    const addresses = html.match(/https?:\/\/[^\s"<]+/g) ?? []
    const links = [...html.matchAll(/<a href="([^"]+)" rel="noreferrer noopener">/g)]
    expect(links).toHaveLength(20 * 4)
    expect(addresses).toHaveLength(links.length)
  })

  test('names from outside cannot break the page', () => {
    const photo = { ...sheet.photo, name: '"><script>alert(1)</script>' }
    const note = { ...sheet.candidates[0]!, patchNote: '<img src=x onerror=y>' }
    const attacked = renderSheet({ ...sheet, photo, candidates: [note] })
    expect(attacked).not.toMatch(/<script|<img src=x/)
    expect(attacked).toContain('&lt;script&gt;')
  })

  test('says that some cell is always good', () => {
    expect(html).toContain('some cell always is')
  })

  test('says that shares are not how likely a place is', () => {
    expect(html).toMatch(/shares in %: .*not how likely a place is/)
  })

  test('says where cells are finer than the grid that was searched', () => {
    const sampling = { kind: 'grid', stepM: 30_000, whereImagery: false } as const
    const region = { ...sheet.heatmap.region, sampling }
    const coarse = renderSheet({ ...sheet, heatmap: { ...sheet.heatmap, region } })
    expect(coarse).toMatch(/This is a place to start looking.*finer than the grid of 30000 m/)
    expect(html).not.toContain('finer than')
  })

  test('each candidate tells place, distance, date, shared scenes; a missing patch its reason', () => {
    const items = html.split('<li>\n').slice(1)
    expect(items).toHaveLength(20)
    const { point, distance } = sheet.candidates[0]!
    expect(items[0]).toContain(`${point.lat.toFixed(5)}° N, ${point.lon.toFixed(5)}° E`)
    expect(items[0]).toContain(`distance ${distance.toFixed(3)} · imagery 2019-08-04`)
    expect(items[0]).toContain('Both more than usual: <strong>harbor, pier</strong>')
    expect(items[1]).toContain('imagery of unknown date')
    expect(items[2]).toContain('No scene stands out on both sides')
    expect(items[3]).toContain('not available now: no-imagery')
    expect(items[3]).toContain('no picture')
  })

  test('ranks that are left out are explained, and only then', () => {
    const gap = renderSheet({ ...sheet, candidates: sheet.candidates.filter((_, i) => i !== 1) })
    expect(gap).toContain('<p>rank: that of the cell; cells that are equally good share the worst')
    expect(html).not.toContain('equally good share')
  })

  test('warning, attribution, hashes of photo, model and extract are on it', () => {
    for (const part of [
      'a place to start looking, not proof',
      'Imagery © Example &amp; Sons · roads © OpenStreetMap contributors',
      'cd'.repeat(32),
      '0123456789abcdef'.repeat(4),
      'seed 1, from x.osm.pbf, SHA-256 ab12',
      '2019-08-04 to 2021-03-31',
    ]) {
      expect(html).toContain(part)
    }
  })

  test('each frame of several is named with its hash', () => {
    const photos = [
      { name: 'first.jpg', sha256: '11'.repeat(32) },
      { name: 'second <2>.jpg', sha256: '22'.repeat(32) },
    ]
    const heatmap = { ...sheet.heatmap, question: { kind: 'photo', photos } as const }
    const page = renderSheet({ ...sheet, heatmap })
    expect(page).toContain(`Photo 2, SHA-256</th><td>second &lt;2&gt;.jpg, ${'22'.repeat(32)}`)
    expect(html).toContain(`Photo, SHA-256</th><td>${sheet.photo.sha256}`)
  })

  test('language, title and an alt text for each image are set', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain('<title>Where could “frame &lt;7&gt; &amp; &quot;co&quot;.jpg”')
    const images = html.match(/<img [^>]+>/g) ?? []
    for (const image of images) expect(image).toMatch(/ alt="[^"]{10,}"/)
  })

  const known = {
    isSearched: true,
    key: '0,0',
    rank: 3,
    cellCount: 90,
    percentile: 10 / 3,
    betterKm2: 0.5,
    distance: 1,
    score: 0.9,
    isGood: true,
  } as const
  test('a known place tells its rank and the area that is better', () => {
    expect(renderSheet({ ...sheet, known })).toContain(
      'rank 3 of 90 cells (best 3.33 %); other cells of 0.5 km²',
    )
    const away = { isSearched: false, key: '0,0', isInRegion: false, nearestM: 2500 } as const
    expect(renderSheet({ ...sheet, known: away })).toContain(
      'outside the region; the middle of the nearest cell that was searched is 2.5 km away',
    )
  })
})

test('mapLinksOf writes lat before lon where the service wants it so', () => {
  const urls = mapLinksOf({ lon: -4.5, lat: 51.25 }).map(({ url }) => url)
  expect(urls).toEqual([
    'https://www.openstreetmap.org/?mlat=51.250000&mlon=-4.500000#map=18/51.250000/-4.500000',
    'https://www.google.com/maps?q=51.250000,-4.500000&t=k&z=18',
    'https://www.bing.com/maps?cp=51.250000~-4.500000&lvl=18&style=h&sp=point.51.250000_-4.500000_place',
    'https://yandex.com/maps/?ll=-4.500000%2C51.250000&pt=-4.500000%2C51.250000&z=18&l=sat',
  ])
})
