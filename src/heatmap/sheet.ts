/**
 * What `locate` found → one HTML file with the photo beside the best patches; asks for nothing
 * outside. Pure.
 */
import type { Candidate, Heatmap, SceneShare } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'
import {
  captionOf,
  formatNumber,
  formatShare,
  GOOD_IS_RELATIVE,
  SHARES_ARE,
  tellNotSearched,
  tellRanks,
} from './caption.ts'
import { escapeXml } from './escape.ts'
import { mapLinksOf } from './map-links.ts'
import { withoutFolders } from './named-files.ts'
import { hexAt } from './ramp.ts'
import type { KnownPlace } from './rank.ts'
import { SHEET_STYLE } from './sheet-style.ts'

/** The photo as it is shown. */
export interface SheetPhoto {
  readonly name: string
  readonly sha256: string
  readonly scenes: readonly SceneShare[]
  readonly jpeg: Uint8Array
}

/** A candidate with its patch; `null` when it cannot be had any more, which the note explains. */
export type SheetCandidate = Candidate & {
  readonly patchJpeg: Uint8Array | null
  readonly patchNote?: string
}

/** Everything on a sheet. */
export interface Sheet {
  readonly heatmap: Heatmap
  readonly photo: SheetPhoto
  readonly candidates: readonly SheetCandidate[]
  readonly known?: KnownPlace
}

const CANDIDATES_MAX = 20
const SCENES_SHOWN = 5

/** Writes the page. Images are part of it, scripts are forbidden in it. */
export function renderSheet(sheet: Sheet): string {
  const { heatmap, photo } = sheet
  const { title, notice } = captionOf(heatmap)
  const candidates = sheet.candidates.slice(0, CANDIDATES_MAX)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${SHEET_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeXml(title)}</h1>
<p class="warning"><strong>This is ${escapeXml(notice)}.</strong> The places below look from above as the photo suggests. Many other places do, too. Check each one by its own evidence.</p>
</header>
<main>
${photoSection(photo, heatmap, sheet.known)}
<section aria-labelledby="places">
<h2 id="places">The best ${candidates.length} places</h2>${tellRanks(candidates)
    .map((note) => `\n<p>${note}.</p>`)
    .join('')}
<ol class="candidates">
${candidates.map((candidate) => candidateItem(candidate, heatmap)).join('\n')}
</ol>
</section>
${methodSection(heatmap, photo)}
</main>
</body>
</html>
`
}

function photoSection(photo: SheetPhoto, heatmap: Heatmap, known: KnownPlace | undefined): string {
  const alt = `The photo ${photo.name}; it shows most likely: ${photo.scenes[0]?.scene ?? 'unknown'}`
  const { regionKm2, notSearchedShare } = captionOf(heatmap)
  const good = heatmap.cells.filter((cell) => cell.isGood)
  const goodKm2 = good.reduce((sum, cell) => sum + cell.areaKm2, 0)
  const facts = [
    `${SHARES_ARE}.`,
    `Searched: region ${heatmap.region.name}, ${formatNumber(regionKm2)} km², of which ${formatShare(notSearchedShare)} could not be searched.`,
    `Good cells: ${good.length} of ${heatmap.cells.length}, ${formatNumber(goodKm2)} km² to look at (${GOOD_IS_RELATIVE}).`,
    ...(known ? [knownSentence(known)] : []),
  ]
  return `<section class="photo" aria-labelledby="photo">
<h2 id="photo">The photo</h2>
<img src="${dataUri(photo.jpeg)}" alt="${escapeXml(alt)}">
<div>
<p>${escapeXml(photo.name)}</p>
<h3>What it shows</h3>
${sceneList(photo.scenes)}
${facts.map((fact) => `<p>${escapeXml(fact)}</p>`).join('\n')}
</div>
</section>`
}

function knownSentence(known: KnownPlace): string {
  if (!known.isSearched) return `The known place: ${tellNotSearched(known)}.`
  const { rank, cellCount, percentile, betterKm2 } = known
  return `The known place: rank ${rank} of ${cellCount} cells (best ${formatNumber(percentile)} %); other cells of ${formatNumber(betterKm2)} km² are as good or better.`
}

function sceneList(scenes: readonly SceneShare[]): string {
  const items = scenes
    .slice(0, SCENES_SHOWN)
    .map(({ scene, share }) => `<li>${escapeXml(scene)} <span>${formatShare(share)}</span></li>`)
  return `<ul class="scenes">${items.join('')}</ul>`
}

function candidateItem(candidate: SheetCandidate, heatmap: Heatmap): string {
  const { rank, point, distance, capturedOn, sharedScenes, scenes } = candidate
  const { best, worst } = heatmap
  const score = worst > best ? (worst - distance) / (worst - best) : 1
  const shared =
    sharedScenes.length > 0
      ? `Both more than usual: <strong>${escapeXml(sharedScenes.join(', '))}</strong>`
      : 'No scene stands out on both sides.'
  const links = mapLinksOf(point).map(
    ({ name, url }) => `<a href="${escapeXml(url)}" rel="noreferrer noopener">${name}</a>`,
  )
  return `<li>
<h3><span class="rank" style="border-color:${hexAt(score)}">${rank}</span> ${placeInWords(point)}</h3>
${patchFigure(candidate)}
<p>distance ${distance.toFixed(3)} · imagery ${capturedOn === null ? 'of unknown date' : escapeXml(capturedOn)}</p>
<p>${shared}</p>
<p>From above: ${escapeXml(sceneWords(scenes))}</p>
<p class="links">Open in ${links.join(' ')}</p>
</li>`
}

/** With compass letters: bare pairs of numbers are read in both orders. */
function placeInWords({ lon, lat }: LonLat): string {
  const north = `${Math.abs(lat).toFixed(5)}° ${lat < 0 ? 'S' : 'N'}`
  return `${north}, ${Math.abs(lon).toFixed(5)}° ${lon < 0 ? 'W' : 'E'}`
}

function sceneWords(scenes: readonly SceneShare[]): string {
  if (scenes.length === 0) return 'no scene known'
  const words = scenes.slice(0, 3).map(({ scene, share }) => `${scene} ${formatShare(share)}`)
  return words.join(', ')
}

function patchFigure({ rank, patchJpeg, patchNote }: SheetCandidate): string {
  const note = patchNote === undefined ? '' : `<p class="note">${escapeXml(patchNote)}</p>`
  if (patchJpeg === null) return `<div class="missing">no picture</div>${note}`
  return `<img src="${dataUri(patchJpeg)}" alt="Place ${rank} from above, north up">${note}`
}

function methodSection(heatmap: Heatmap, photo: SheetPhoto): string {
  const { region, best, worst, pointCount, unavailableCount, pendingCount } = heatmap
  const { cells, attribution, imageryDates } = captionOf(heatmap)
  const rows: readonly (readonly [string, string])[] = [
    ...photoRows(heatmap, photo),
    ['Overhead model', `${region.model.name}, SHA-256 ${region.model.sha256}`],
    ['Region', `${region.name}, created ${region.createdAt}`],
    ['Points', pointsInWords(heatmap)],
    ['Searched', `${pointCount}; without imagery ${unavailableCount}; not built ${pendingCount}`],
    ['Cells', cells],
    ['Ground sample distance', `${region.gsd} m per pixel`],
    ['Distances', `best ${best}, worst ${worst}`],
    ['Computed by', runtimeInWords(heatmap)],
    ['Imagery', `${attribution}; ${imageryDates}`],
  ]
  const cellsOf = ([name, value]: readonly [string, string]) =>
    `<tr><th scope="row">${name}</th><td>${escapeXml(value)}</td></tr>`
  return `<section aria-labelledby="method">
<h2 id="method">How this was found</h2>
<p>A network describes the photo by the scenes it shows (365 kinds, such as harbour or desert). A second network, trained to guess the same description from above, has described every sampled place of the region. The smaller the distance between both descriptions, the higher a place stands; each cell of the map counts with its best place. Nothing else was used: no street-level pictures, no position stored in the photo, no faces.</p>
<table>
${rows.map(cellsOf).join('\n')}
</table>
</section>`
}

/** Several frames were searched for by their mean: each is named. */
function photoRows({ question }: Heatmap, photo: SheetPhoto): (readonly [string, string])[] {
  const photos = question.kind === 'photo' ? question.photos : [photo]
  if (photos.length <= 1) return [['Photo, SHA-256', photo.sha256]]
  return photos.map(({ name, sha256 }, i) => [`Photo ${i + 1}, SHA-256`, `${name}, ${sha256}`])
}

function pointsInWords({ region }: Heatmap): string {
  const sampling = withoutFolders(region.sampling)
  if (sampling.kind === 'grid') return `a grid of ${sampling.stepM} m`
  if (sampling.kind === 'patches') return `the places of ${sampling.file}`
  const { points, seed, extract, extractSha256 } = sampling
  return `${points} on roads, seed ${seed}, from ${extract}, SHA-256 ${extractSha256}`
}

function runtimeInWords({ region: { runtime } }: Heatmap): string {
  if (runtime === null) return 'unknown'
  const { executionProvider, instructionSet, denseM } = runtime
  const dense = denseM === undefined ? '' : `, dense: a patch every ${denseM} m`
  return `${executionProvider}, ${instructionSet}${dense}`
}

function dataUri(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`
}
