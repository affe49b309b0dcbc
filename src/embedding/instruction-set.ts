/** Which vector instructions a CPU offers to the runtime; float results differ between them. */

/** Best first, as `/proc/cpuinfo` spells them. */
const KNOWN = ['amx_int8', 'avx512_vnni', 'avx512f', 'avx_vnni', 'avx2', 'avx', 'asimddp', 'asimd']

/**
 * Names the widest set in the text of `/proc/cpuinfo`.
 * @param architecture  what to answer when the text names none, e.g. `arm64`
 */
export function instructionSetOf(cpuinfo: string, architecture: string): string {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? ''
  const flags = new Set(line.trim().split(/\s+/))
  return KNOWN.find((name) => flags.has(name)) ?? architecture
}
