/** The CSV of already cut pictures: `file,lon,lat[,date,attribution]`, in file order. */
import { InputError } from '../errors.ts'
import { isIsoDate } from './iso-date.ts'
import type { LonLat } from '../types.ts'

/** One line: a picture and the place of its centre. */
export interface ListedPatch extends LonLat {
  /** Relative to the CSV. */
  readonly file: string
  /** ISO date of capture. */
  readonly date: string | null
  readonly attribution: string | null
}

const COLUMNS = ['file', 'lon', 'lat', 'date', 'attribution'] as const
const PROBLEMS_SHOWN = 10

/**
 * Reads the list; the header line may be left out.
 * @throws {InputError} `patches-list` naming the lines that cannot be used
 */
export function parsePatchList(text: string): ListedPatch[] {
  const rows = parseCsv(text).filter(({ fields }) => fields.some((field) => field !== ''))
  const [first] = rows
  const hasHeader = first?.fields[0]?.toLowerCase() === 'file'
  const columns = hasHeader ? first.fields.map((name) => name.toLowerCase()) : [...COLUMNS]
  const { patches, problems } = readRows(columns, rows.slice(hasHeader ? 1 : 0))
  if (patches.length === 0 && problems.length === 0) problems.push('no pictures')
  if (problems.length > 0) throw listError(problems)
  return patches
}

function readRows(
  columns: readonly string[],
  rows: readonly CsvRow[],
): { patches: ListedPatch[]; problems: string[] } {
  const patches: ListedPatch[] = []
  const problems: string[] = []
  const lineByPlace = new Map<string, number>()
  for (const { line, fields } of rows) {
    const patch = readRow(columns, fields)
    if (typeof patch === 'string') {
      problems.push(`line ${String(line)}: ${patch}`)
      continue
    }
    const place = `${String(patch.lon)},${String(patch.lat)}`
    const before = lineByPlace.get(place)
    if (before !== undefined)
      problems.push(`line ${String(line)}: same place as line ${String(before)}`)
    lineByPlace.set(place, line)
    patches.push(patch)
  }
  return { patches, problems }
}

function listError(problems: readonly string[]): InputError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).join('; ')
  const rest = problems.length - PROBLEMS_SHOWN
  const more = rest > 0 ? `; and ${String(rest)} more` : ''
  return new InputError('patches-list', `Expected a usable list of pictures, got ${shown}${more}`, {
    hint: 'columns: file,lon,lat[,date,attribution]; one line per place; degrees; ISO dates',
  })
}

function readRow(columns: readonly string[], fields: readonly string[]): ListedPatch | string {
  const at = (name: string): string => fields[columns.indexOf(name)]?.trim() ?? ''
  const [file, date] = [at('file'), at('date')]
  if (file === '') return 'no file'
  const lon = readDegrees(at('lon'), 180)
  const lat = readDegrees(at('lat'), 90)
  if (lon === undefined) return `lon "${at('lon')}"`
  if (lat === undefined) return `lat "${at('lat')}"`
  if (date !== '' && !isIsoDate(date)) return `date "${date}"`
  return { file, lon, lat, date: date || null, attribution: at('attribution') || null }
}

function readDegrees(text: string, limit: number): number | undefined {
  const value = text === '' ? Number.NaN : Number(text)
  return Math.abs(value) <= limit ? value : undefined
}

interface CsvRow {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * RFC 4180: commas, quoted fields with doubled quotes and line breaks, LF or CRLF, an optional BOM.
 */
function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let fields: string[] = []
  let line = 1
  let start = 1
  for (const [, quoted, plain, end] of text
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    line += (quoted?.match(/\n/g) ?? []).length
    if (end === ',') continue
    rows.push({ line: start, fields })
    fields = []
    if (end === '') break
    line += 1
    start = line
  }
  return rows
}
