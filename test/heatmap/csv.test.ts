import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CSV_COLUMNS, renderCsv } from '../../src/heatmap/csv.ts'
import { makeTown } from './made-heatmap.ts'

describe('renderCsv', () => {
  test('the town is as in the golden file', () => {
    const url = new URL('../golden/heatmap.csv', import.meta.url)
    const text = renderCsv(makeTown())
    if (process.env['BLESS']) writeFileSync(url, text)
    expect(text).toBe(readFileSync(url, 'utf8'))
  })

  test('lines end in CRLF and hold every column; a key of a square is quoted', () => {
    const lines = renderCsv(makeTown()).split('\r\n')
    expect(lines[0]).toBe(CSV_COLUMNS.join(','))
    expect(lines.at(-1)).toBe('')
    for (const line of lines.slice(1, -1)) {
      expect(line).toMatch(/^"-?\d+,-?\d+",/)
      expect(line.replace(/"[^"]*"/g, 'x').split(',')).toHaveLength(CSV_COLUMNS.length)
    }
  })

  test('quotes in a scene are doubled', () => {
    const town = makeTown('h3:7')
    const cells = town.cells.map((cell) => ({ ...cell, scene: 'a "b", c' }))
    expect(renderCsv({ ...town, cells })).toContain(',"a ""b"", c"\r\n')
  })
})
