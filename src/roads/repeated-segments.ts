/**
 * Finds segments that a way runs along more than once: the network is undirected, so they count
 * once per way.
 */

/** A power of two above the 2,000 nodes that a way may have, with room to spare. */
const SLOTS = 8192
const NODES_MAX = SLOTS / 2
/**
 * A hash set of nodes; a slot holds one only if its stamp is that of the way, so nothing has to be
 * cleared.
 */
const nodes = new Float64Array(SLOTS)
const stamps = new Uint32Array(SLOTS)
let stamp = 0

/**
 * Lists the positions in `refs` whose segment from the reference before was already drawn; null
 * when there are none. A closed way repeats a node but no segment, and most ways repeat nothing at
 * all, which costs one pass to see.
 */
export function repeatedSegments(
  refs: Float64Array,
  first: number,
  end: number,
): ReadonlySet<number> | null {
  if (!hasRepeatedNode(refs, first, isRing(refs, first, end) ? end - 1 : end)) return null
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

/** Three references that end where they began go there and back. */
function isRing(refs: Float64Array, first: number, end: number): boolean {
  return end - first > 3 && refs[first] === refs[end - 1]
}

/** Ways longer than the rules allow are looked at more closely without asking. */
function hasRepeatedNode(refs: Float64Array, first: number, end: number): boolean {
  if (end - first > NODES_MAX) return true
  stamp = stamp === 0xffffffff ? 1 : stamp + 1
  for (let i = first; i < end; i++) {
    const node = refs[i] as number
    let slot = node & (SLOTS - 1)
    while (stamps[slot] === stamp) {
      if (nodes[slot] === node) return true
      slot = (slot + 1) & (SLOTS - 1)
    }
    stamps[slot] = stamp
    nodes[slot] = node
  }
  return false
}
