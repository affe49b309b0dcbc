/**
 * The legend of a map of best scenes: each colour with its number on the map, its scene and its
 * share. Pure.
 */
import { formatShare } from './caption.ts'
import { SWATCH_PX, type Spot } from './legend-parts.ts'
import { hexOf } from './ramp.ts'
import { OTHER_SCENES_COLOUR, type SceneKey } from './scene-colours.ts'
import type { SceneTally } from './scene-tally.ts'
import type { TextPaths } from './text-paths.ts'

const ROW_PX = 22

/** Draws a row for each scene with a colour, and one for all others; tells where it ends. */
export function drawScenes(
  { shown, others }: SceneKey,
  text: TextPaths,
  { x, y }: Spot,
): { readonly svg: string; readonly bottom: number } {
  const totalKm2 = areaOf([...shown, ...others])
  const shareOf = (tallies: readonly SceneTally[]) => formatShare(areaOf(tallies) / totalKm2)
  const rows = shown.map((tally, i) => ({
    colour: tally.colour,
    label: `${i + 1}  ${tally.scene}, ${shareOf([tally])}`,
  }))
  if (others.length > 0) {
    const label = `and ${others.length} more, ${shareOf(others)}`
    rows.push({ colour: OTHER_SCENES_COLOUR, label })
  }
  const svg = rows.map(({ colour, label }, i) => {
    const top = y + i * ROW_PX
    const swatch = `<rect x="${x}" y="${top}" width="${SWATCH_PX}" height="16" fill="${hexOf(colour)}"/>`
    return swatch + text.draw(label, { x: x + SWATCH_PX + 8, y: top + 13 }, { sizePx: 13 })
  })
  return { svg: svg.join(''), bottom: y + rows.length * ROW_PX }
}

function areaOf(tallies: readonly SceneTally[]): number {
  return tallies.reduce((sum, { areaKm2 }) => sum + areaKm2, 0)
}
