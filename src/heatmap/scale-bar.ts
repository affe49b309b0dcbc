/** A round length that fits beside a map. Pure. */

/** Length and label of a scale bar. */
export interface ScaleBar {
  readonly lengthPx: number
  readonly label: string
}

/** The largest of 1, 2, 5 × 10ⁿ metres that takes at most `maxPx`; true at the map's centre. */
export function scaleBarOf(metresPerPx: number, maxPx: number): ScaleBar {
  const maxM = metresPerPx * maxPx
  const power = 10 ** Math.floor(Math.log10(maxM))
  const lengthM = ([5, 2, 1].find((digit) => digit * power <= maxM) ?? 1) * power
  const label = lengthM >= 1000 ? `${lengthM / 1000} km` : `${lengthM} m`
  return { lengthPx: lengthM / metresPerPx, label }
}
