/** Applies the highway rules to the ways of one block, whose tags are numbers of strings. */
import type { PbfReader } from 'pbf'
import { isAreaValue, isRoadValue } from './highway-filter.ts'
import { checkEnd, type Block } from './pbf-block.ts'

/**
 * Where the tags of a way stand: two packed lists of string numbers, side by side; 0 where there
 * are none.
 */
export interface TagRanges {
  keys: number
  values: number
}

type ValueTest = (value: number) => boolean

/** Judges the ways of a block. */
export interface RoadTest {
  /** Says whether keys, which stand at `keys`, are those of a highway of any kind. */
  readonly hasHighway: (keys: number) => boolean
  readonly isRoad: (tags: TagRanges) => boolean
}

/** Makes the test for a block: the two keys are found once, each value is judged once. */
export function createRoadTest(block: Block): RoadTest {
  const { pbf } = block
  const highway = numberOf(block, 'highway')
  const area = numberOf(block, 'area')
  const testHighway = createValueTest(block, isRoadValue)
  const testArea = createValueTest(block, isAreaValue)
  return {
    hasHighway: (keys) => indexOf(pbf, keys, highway) >= 0,
    isRoad: (tags) => {
      const value = valueOf(pbf, tags, highway)
      if (value < 0 || !testHighway(value)) return false
      const areaValue = valueOf(pbf, tags, area)
      return areaValue < 0 || !testArea(areaValue)
    },
  }
}

function createValueTest({ pbf, strings }: Block, test: (value: string) => boolean): ValueTest {
  const verdicts = new Map<number, boolean>()
  return (value) => {
    let verdict = verdicts.get(value)
    if (verdict === undefined) {
      const bytes = pbf.buf.subarray(strings[2 * value], strings[2 * value + 1])
      verdict = test(new TextDecoder().decode(bytes))
      verdicts.set(value, verdict)
    }
    return verdict
  }
}

/** Number of the string in the block's table, or -1. */
function numberOf({ pbf, strings }: Block, text: string): number {
  const wanted = new TextEncoder().encode(text)
  for (let i = 0; i < strings.length; i += 2) {
    const start = strings[i] ?? 0
    if ((strings[i + 1] ?? 0) - start !== wanted.length) continue
    if (wanted.every((byte, offset) => pbf.buf[start + offset] === byte)) return i / 2
  }
  return -1
}

/** Number of the value that stands beside the key, or -1. */
function valueOf(pbf: PbfReader, { keys, values }: TagRanges, key: number): number {
  const index = keys === 0 ? -1 : indexOf(pbf, keys, key)
  return index < 0 ? -1 : nthOf(pbf, values, index)
}

/** Place of a key in the list at `keys`, or -1. */
function indexOf(pbf: PbfReader, keys: number, key: number): number {
  if (key < 0) return -1
  pbf.pos = keys
  const end = pbf.readVarint() + pbf.pos
  for (let index = 0; pbf.pos < end; index++) if (pbf.readVarint() === key) return index
  return -1
}

/** A list that ends too early is damage. */
function nthOf(pbf: PbfReader, list: number, index: number): number {
  pbf.pos = list
  const end = pbf.readVarint() + pbf.pos
  for (let i = 0; i < index; i++) pbf.readVarint()
  const value = pbf.readVarint()
  if (list === 0 || pbf.pos > end) checkEnd(pbf, end)
  return value
}
