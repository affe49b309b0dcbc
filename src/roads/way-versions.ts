/** Of a way that comes in several versions only the highest counts; if that one is no road, the way is none. */
import type { WayChunk } from './pbf-ways.ts'

/** Empties every version but the highest of each way, the last in the file of equal ones. */
export function keepLatestVersions(chunks: readonly WayChunk[]): WayChunk[] {
  const latest = new Map<
    number,
    { readonly version: number; readonly chunk: number; readonly way: number }
  >()
  chunks.forEach(({ ids, versions }, chunk) => {
    ids.forEach((id, way) => {
      const version = versions[way] ?? 0
      if (version >= (latest.get(id)?.version ?? 0)) latest.set(id, { version, chunk, way })
    })
  })
  return chunks.map((ways, chunk) =>
    selectWays(ways, (way) => {
      const winner = latest.get(ways.ids[way] ?? NaN)
      return winner?.chunk === chunk && winner.way === way
    }),
  )
}

function selectWays(ways: WayChunk, isKept: (way: number) => boolean): WayChunk {
  const kept = [...ways.ids.keys()].filter(isKept)
  const refs: number[] = []
  const places: number[] = []
  const firstRef = [0]
  for (const way of kept) {
    const [from, to] = [ways.firstRef[way] ?? 0, ways.firstRef[way + 1] ?? 0]
    for (const ref of ways.refs.subarray(from, to)) refs.push(ref)
    for (const place of ways.places.subarray(2 * from, 2 * to)) places.push(place)
    firstRef.push(refs.length)
  }
  return {
    ids: Float64Array.from(kept, (way) => ways.ids[way] ?? NaN),
    versions: Int32Array.from(kept, (way) => ways.versions[way] ?? 0),
    firstRef: Uint32Array.from(firstRef),
    refs: Float64Array.from(refs),
    places: Uint32Array.from(places),
  }
}
