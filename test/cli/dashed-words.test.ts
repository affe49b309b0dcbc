import { expect, test } from 'vitest'
import { sayDashedWords } from '../../src/cli/dashed-words.ts'

const CASES = [
  {
    name: 'words come last, behind two dashes, in quotes',
    args: ['scene', '- harbor', '--region', 'town'],
    said: "whereabouts scene --region town -- '- harbor'",
  },
  {
    name: 'what a shell would split or read is in quotes too',
    args: ['scene', '--region', "o'town", '--out', 'a b.png', '- lake'],
    said: String.raw`whereabouts scene --region 'o'\''town' --out 'a b.png' -- '- lake'`,
  },
  {
    name: 'a password is not repeated',
    args: ['--database-url', 'postgres://u:p@h/d', 'scene', '- lake'],
    said: "whereabouts --database-url … scene -- '- lake'",
  },
  {
    name: 'nor one behind an equals sign',
    args: ['--database-url=postgres://u:p@h/d', 'scene', '- lake'],
    said: "whereabouts --database-url=… scene -- '- lake'",
  },
  {
    name: 'the dash may touch them',
    args: ['scene', '-lake', '--region', 'town'],
    said: "whereabouts scene --region town -- '- lake'",
  },
  {
    name: 'more may follow',
    args: ['scene', '-soccer field + river', '--region', 'town'],
    said: "whereabouts scene --region town -- '- soccer field + river'",
  },
  {
    name: 'a file keeps its dash',
    args: ['locate', '-photo.jpg', '--region', 'town', '--out', 'heat.geojson'],
    said: 'whereabouts locate --region town --out heat.geojson -- -photo.jpg',
  },
  { name: 'an option with a file is none', args: ['locate', '-o=heat.png'], said: null },
  { name: 'nor is a long one', args: ['locate', '--heat.png'], said: null },
  { name: 'a slip in an option is none', args: ['scene', '-region', 'town', 'lake'], said: null },
  { name: 'nor are letters in one', args: ['scene', '-h', '-best', '-o', 'x'], said: null },
  {
    name: 'an address without a password is repeated',
    args: ['--database-url', 'postgres://h/d', 'scene', '- lake'],
    said: "whereabouts --database-url postgres://h/d scene -- '- lake'",
  },
  { name: 'an option that is not known is none', args: ['scene', '--regoin', 'x'], said: null },
  { name: 'nor is what was typed so', args: ['scene', '--', '- lake'], said: null },
]
for (const { name, args, said } of CASES) {
  test(`words that begin with a dash: ${name}`, () => {
    expect(sayDashedWords(args)).toBe(said)
  })
}
