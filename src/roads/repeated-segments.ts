/** Finds segments that a way runs along more than once: the network is undirected, so they count once per way. */

const BUCKETS = 4096
/** Way number that last put a node into each bucket; kept between calls so that nothing has to be cleared. */
const stamps = new Uint32Array(BUCKETS)
let stamp = 0

/**
 * Lists the positions in `refs` whose segment from the reference before was already drawn; null when there are none.
 * A closed way repeats a node but no segment, and most ways repeat nothing at all, which costs one pass to see.
 */
export function repeatedSegments(
  refs: Float64Array,
  first: number,
  end: number,
): ReadonlySet<number> | null {
  if (!mayRepeat(refs, first, refs[first] === refs[end - 1] ? end - 1 : end)) return null
  const seen = new Set<string>()
  const repeated = new Set<number>()
  for (let i = first + 1; i < end; i++) {
    const [a, b] = [refs[i - 1] ?? 0, refs[i] ?? 0]
    const key = a < b ? `${a},${b}` : `${b},${a}`
    if (seen.has(key)) repeated.add(i)
    seen.add(key)
  }
  return repeated.size > 0 ? repeated : null
}

/** True when two nodes fall into one bucket: always when a node comes twice, now and then by chance. */
function mayRepeat(refs: Float64Array, first: number, end: number): boolean {
  stamp = stamp === 0xffffffff ? 1 : stamp + 1
  for (let i = first; i < end; i++) {
    const bucket = (refs[i] as number) & (BUCKETS - 1)
    if (stamps[bucket] === stamp) return true
    stamps[bucket] = stamp
  }
  return false
}
