/**
 * A large published file → disk: continued where an earlier try ended, kept only if it is the one
 * that was meant.
 * @io network, disk
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { BadDataError, UpstreamError, WhereaboutsError } from '../errors.ts'

/** What is to be fetched. */
export interface DownloadSource {
  readonly url: string
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/** How a download is watched and ended. */
export interface DownloadWatch {
  /** Called with the bytes that are there, the earlier tries' included. */
  readonly onProgress: (bytes: number) => void
  readonly signal: AbortSignal
}

/**
 * Fetches `source` into `path`. Until it is whole and verified it lies in `path.part`; a broken
 * connection leaves that, and the next call asks for the rest alone. What has another length or
 * checksum is deleted.
 * @returns false when the file was there already, verified
 * @throws {UpstreamError} `download-failed`; the part that came is kept
 * @throws {BadDataError} `download-corrupt`; nothing is kept
 */
export async function download(
  source: DownloadSource,
  path: string,
  watch: DownloadWatch,
): Promise<boolean> {
  if ((await sizeOf(path)) === source.bytes && (await sha256Of(path)) === source.sha256) {
    return false
  }
  const part = `${path}.part`
  await mkdir(dirname(path), { recursive: true })
  await fetchRest(source, part, watch)
  await refuseOther(source, part)
  await rename(part, path)
  return true
}

async function fetchRest(
  source: DownloadSource,
  part: string,
  watch: DownloadWatch,
): Promise<void> {
  if ((await sizeOf(part)) > source.bytes) await rm(part)
  const have = await sizeOf(part)
  if (have === source.bytes) return
  try {
    const { body, start } = await ask(source, have, watch.signal)
    const file = createWriteStream(part, { flags: start === 0 ? 'w' : 'a' })
    await pipeline(Readable.fromWeb(body), countUpTo(source, start, watch), file)
  } catch (cause) {
    if (cause instanceof BadDataError) await rm(part, { force: true })
    if (cause instanceof WhereaboutsError || watch.signal.aborted) throw cause
    throw failed(source, { got: reasonOf(cause), kept: await sizeOf(part), cause })
  }
}

/**
 * Asks for what is missing; `start` is where the answer begins: 0 from a server that knows no
 * ranges.
 */
async function ask(
  source: DownloadSource,
  have: number,
  signal: AbortSignal,
): Promise<{ readonly body: ReadableStream; readonly start: number }> {
  const headers: Record<string, string> =
    have > 0 ? { range: `bytes=${have}-${source.bytes - 1}` } : {}
  const response = await fetch(source.url, { headers, signal })
  const start = response.status === 206 ? startOf(response) : 0
  const isUsable = response.ok && (start === 0 || start === have)
  if (isUsable && response.body !== null) return { body: response.body as ReadableStream, start }
  await response.body?.cancel()
  const got = response.ok ? `a part from byte ${start}` : `${response.status}`
  throw failed(source, { got, kept: have })
}

/** First byte of a partial answer: `Content-Range: bytes 100-199/200`. */
function startOf(response: Response): number {
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  return start === undefined ? NaN : Number(start)
}

function countUpTo(source: DownloadSource, start: number, watch: DownloadWatch): Transform {
  let bytes = start
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      bytes += chunk.length
      if (bytes > source.bytes) {
        done(corrupt(source, `${source.bytes} bytes`, 'more'))
        return
      }
      watch.onProgress(bytes)
      done(null, chunk)
    },
  })
}

async function refuseOther(source: DownloadSource, part: string): Promise<void> {
  const size = await sizeOf(part)
  if (size < source.bytes)
    throw failed(source, { got: `only ${size} of ${source.bytes} bytes`, kept: size })
  const sha256 = await sha256Of(part)
  if (sha256 === source.sha256) return
  // Continuing could never make it right.
  await rm(part)
  throw corrupt(source, `sha256 ${source.sha256}`, sha256)
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function reasonOf(cause: unknown): string {
  const deeper = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return deeper instanceof Error ? deeper.message : String(deeper)
}

function failed(
  { url, bytes }: DownloadSource,
  { got, kept, cause }: { readonly got: string; readonly kept: number; readonly cause?: unknown },
): UpstreamError {
  return new UpstreamError('download-failed', `Download failed: GET ${url} → ${got}`, {
    hint: `run it again, it continues after ${kept} of ${bytes} bytes; or name a mirror with --from`,
    facts: { url, kept },
    cause,
  })
}

function corrupt(source: DownloadSource, expected: string, got: string): BadDataError {
  return new BadDataError(
    'download-corrupt',
    `Expected ${expected} for ${source.url}, got ${got}`,
    {
      hint: 'nothing was kept; the server sent another file than the one that was published',
      facts: { url: source.url, expected, got },
    },
  )
}
