/**
 * Of a way that comes in several versions only the highest counts; if that one is no road, the way
 * is none.
 */
import { unpackRefs, type WayChunk } from './pbf-ways.ts'

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
  const lists = [...listWays(ways)]
  const select = (part: 'refs' | 'places') => kept.map((way) => lists[way]?.[part] ?? [])
  return {
    ids: Float64Array.from(kept, (way) => ways.ids[way] ?? NaN),
    versions: Int32Array.from(kept, (way) => ways.versions[way] ?? 0),
    refs: Uint8Array.from(select('refs').flatMap((list) => [...list])),
    places: Uint32Array.from(select('places').flatMap((list) => [...list])),
  }
}

/** The packed references of each way, and the places of its nodes. */
function* listWays(ways: WayChunk) {
  for (const { first, count, range } of unpackRefs(ways))
    yield {
      refs: ways.refs.subarray(...range),
      places: ways.places.subarray(2 * first, 2 * (first + count)),
    }
}
