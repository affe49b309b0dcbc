/**
 * The rule by which an OSM way is a road or path: a table in `data/highways.json`, applied to two
 * tag values.
 */
import { createRequire } from 'node:module'

interface HighwayRules {
  readonly excludedHighwayWords: readonly string[]
  readonly excludedAreaWords: readonly string[]
}

const rules = createRequire(import.meta.url)('../../data/highways.json') as HighwayRules

/** Says whether a way with this `highway` value is part of the network, its `area` tag aside. */
export function isRoadValue(highway: string): boolean {
  return !rules.excludedHighwayWords.some((word) => highway.includes(word))
}

/** Says whether this `area` value makes the way a surface, whose outline is no road. */
export function isAreaValue(area: string): boolean {
  return rules.excludedAreaWords.some((word) => area.includes(word))
}
