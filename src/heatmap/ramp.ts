/**
 * Score → colour: dark blue (worst) over green to yellow (best), lightness rising all the way.
 * Pure.
 */

/** `[red, green, blue]`, 0…255. */
export type Colour = readonly [red: number, green: number, blue: number]

/**
 * Evenly spaced from score 0 to 1. Lightness alone orders them, so colour blindness loses nothing.
 */
const STOPS: readonly Colour[] = [
  [16, 24, 84],
  [28, 68, 126],
  [30, 112, 132],
  [34, 154, 110],
  [116, 190, 68],
  [253, 231, 37],
]

/** Colour of a score; scores outside 0…1 are held at the ends. */
export function colourAt(score: number): Colour {
  const position = Math.min(1, Math.max(0, score)) * (STOPS.length - 1)
  const index = Math.min(STOPS.length - 2, Math.floor(position))
  const from = STOPS[index] ?? [0, 0, 0]
  const to = STOPS[index + 1] ?? from
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (position - index))
  return [mix(0), mix(1), mix(2)]
}

/** Colour of a score as `#rrggbb`. */
export function hexAt(score: number): string {
  return hexOf(colourAt(score))
}

/** A colour as `#rrggbb`. */
export function hexOf(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}
