import { expect, test } from 'vitest'
import { instructionSetOf } from '../../src/embedding/instruction-set.ts'

const cases = [
  { flags: 'flags\t\t: fpu sse4_1 avx avx2 fma', set: 'avx2' },
  { flags: 'flags : avx avx2 avx512f avx512_vnni', set: 'avx512_vnni' },
  { flags: 'flags : avx512_vnni amx_int8', set: 'amx_int8' },
  { flags: 'processor : 0\nFeatures\t: fp asimd asimddp', set: 'asimddp' },
  { flags: 'flags : fpu sse', set: 'x64' },
  { flags: 'model name : avx2 in a name', set: 'x64' },
  { flags: '', set: 'x64' },
]
for (const { flags, set } of cases) {
  test(`"${flags.replaceAll(/\s+/g, ' ')}" is ${set}`, () => {
    expect(instructionSetOf(flags, 'x64')).toBe(set)
  })
}
