import { describe, expect, test } from 'vitest'
import { parsePatchList } from '../../src/imagery/patch-list.ts'

const one = { file: 'a.png', lon: 4.5, lat: 51, date: null, attribution: null }
const READ = [
  { name: 'with a header', text: 'file,lon,lat\na.png,4.5,51\n', rows: [one] },
  { name: 'without one, without a last line break', text: 'a.png,4.5,51', rows: [one] },
  {
    name: 'with CRLF, a BOM and an empty line',
    text: '\uFEFFfile,lon,lat\r\n\r\na.png,4.5,51\r\n',
    rows: [one],
  },
  { name: 'with columns in another order', text: 'file,lat,lon\na.png,51,4.5', rows: [one] },
  {
    name: 'with quotes, dates and attribution',
    text: 'file,lon,lat,date,attribution\n"a ""1"", b.png",4.5,51,2022-03,"X, Y"',
    rows: [{ ...one, file: 'a "1", b.png', date: '2022-03', attribution: 'X, Y' }],
  },
]
const REFUSED = [
  { name: 'nothing in it', text: '\n', says: /no pictures/ },
  { name: 'a place off the globe', text: 'a.png,4.5,91', says: /line 1: lat "91"/ },
  { name: 'two pictures of one place', text: 'a,1,2\nb,1,2', says: /line 2: same place as line 1/ },
  {
    name: 'a bad date and a missing file',
    text: 'a,1,2,soon\n,3,4',
    says: /line 1: date.*line 2: no file/,
  },
]

describe('parsePatchList', () => {
  for (const { name, text, rows } of READ) {
    test(`reads a list ${name}`, () => expect(parsePatchList(text)).toEqual(rows))
  }
  for (const { name, text, says } of REFUSED) {
    test(`refuses a list with ${name}`, () => expect(() => parsePatchList(text)).toThrow(says))
  }
})
