/** What a map service says instead of a picture: OGC exceptions, with status 200 or 400. */
import { BadDataError, UpstreamError, type WhereaboutsError } from '../errors.ts'
import { listOf, nodeOf, parseXml, textOf } from './xml.ts'

/**
 * A service in trouble says these, or nothing; it may have got over it the next time. All others
 * come again.
 */
const PASSING = ['', 'NoApplicableCode', 'InternalError', 'ServerBusy']
const OUTSIDE = ['TileOutOfRange', 'PointOutsideExtent']
const TEXT_LENGTH_MAX = 300

/** Code and text of the first exception in a document; `undefined` where it holds none. */
export function readException(xml: string): { code: string; text: string } | undefined {
  const document = parseXml(xml)
  const report = nodeOf(document['ServiceExceptionReport']) ?? nodeOf(document['ExceptionReport'])
  if (report === undefined) return undefined
  const exceptions = report['ServiceException'] ?? report['Exception']
  const [exception = {}] = listOf(exceptions)
  const code = exception['@code'] ?? exception['@exceptionCode']
  const text = textOf(exception['ExceptionText']) || textOf(exceptions)
  return { code: textOf(code), text: text.slice(0, TEXT_LENGTH_MAX) }
}

/**
 * What an exception asks for.
 * @returns text: ask again; an error: that will not help. `undefined`: this is no exception
 */
export function judgeException(xml: string): string | WhereaboutsError | undefined {
  const exception = readException(xml)
  if (exception === undefined) return undefined
  const { code, text } = exception
  const said = [code, text].filter((part) => part !== '').join(': ')
  if (OUTSIDE.includes(code)) {
    return new BadDataError('no-tile', `Expected a tile, got the exception ${said}`, {
      hint: 'the service has no imagery here',
    })
  }
  if (PASSING.includes(code)) return `exception of the service: ${said}`
  return new UpstreamError('service-refused', `Expected a picture, got the exception ${said}`, {
    hint: "check the source's layer, style, format and coordinate system",
    facts: { exceptionCode: code },
  })
}
