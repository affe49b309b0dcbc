/**
 * What was fetched, on disk: one file per answer, written beside and renamed into place, so that
 * several processes may share the folder; when it grows beyond its limit the files that were used
 * longest ago go.
 * @io disk
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Those of `fs/promises` go through file handles, which take three times the CPU: it is every
 * tile's.
 */
const readFile = promisify(fs.readFile)
const writeFile = promisify(fs.writeFile)
const rename = promisify(fs.rename)

/** What the server said about the bytes. */
export interface StoredHead {
  readonly status: number
  /** Those headers that say something about the content. */
  readonly headers: Readonly<Record<string, string>>
  /** ms since 1970; later the server is asked whether it has something new. */
  readonly freshUntil: number
  /** ms since 1970 when the server said so; of old files unknown. */
  readonly askedAt?: number
}

/** An answer as it is kept. */
export interface Stored {
  readonly head: StoredHead
  readonly bytes: Uint8Array
}

/** After a sweep the folder is at most this full, so that not every write sweeps. */
const FULL_SHARE = 0.9
/** Share of the limit that one process writes before it looks at the folder's size again. */
const SWEEP_SHARE = 0.05
/** A file used again is marked as used at most this often. */
const MARK_EVERY_MS = 3_600_000

let temporaryCount = 0

/** Answers by key, in one folder for all sources. */
export class DiskCache {
  readonly #folder: string
  readonly #maxBytes: number
  #unsweptBytes = Number.POSITIVE_INFINITY
  #sweeping: Promise<void> = Promise.resolve()

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Reads an answer; `undefined` when it is not there or not whole, or nothing is to be kept. */
  async read(key: string): Promise<Stored | undefined> {
    if (this.#maxBytes === 0) return undefined
    const path = this.#pathOf(key)
    try {
      const stored = parse(await readFile(path), key)
      if (stored !== undefined) await markUsed(path)
      return stored
    } catch {
      return undefined
    }
  }

  /** Stores an answer; a full disk loses the answer, not the patch. */
  async write(key: string, { head, bytes }: Stored): Promise<void> {
    if (this.#maxBytes === 0) return
    const path = this.#pathOf(key)
    const temporary = `${path}.${String(process.pid)}-${String(temporaryCount++)}.tmp`
    const line = `${JSON.stringify({ key, byteCount: bytes.byteLength, ...head })}\n`
    try {
      await writeInFolder(temporary, Buffer.concat([Buffer.from(line), bytes]))
      await rename(temporary, path)
    } catch {
      // Where nothing can be written there may be nothing to remove either.
      await rm(temporary, { force: true }).catch(() => undefined)
      return
    }
    this.#unsweptBytes += bytes.byteLength + line.length
    if (this.#unsweptBytes < this.#maxBytes * SWEEP_SHARE) return
    this.#unsweptBytes = 0
    // What could not be listed or removed, where others empty the folder too, is swept another
    // time.
    this.#sweeping = this.#sweeping.then(() => this.#sweep()).catch(() => undefined)
    await this.#sweeping
  }

  /** Forgets an answer. */
  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true }).catch(() => undefined)
  }

  #pathOf(key: string): string {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40)
    return join(this.#folder, name.slice(0, 2), name.slice(2))
  }

  async #sweep(): Promise<void> {
    const files = await listFiles(this.#folder)
    let byteCount = files.reduce((sum, { size }) => sum + size, 0)
    if (byteCount <= this.#maxBytes) return
    files.sort((a, b) => a.mtimeMs - b.mtimeMs)
    for (const { path, size } of files) {
      if (byteCount <= this.#maxBytes * FULL_SHARE) break
      await rm(path, { force: true })
      byteCount -= size
    }
  }
}

/** Makes the folder only where it is missing: it is there for all but its first file. */
async function writeInFolder(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}

/** First line: key and head as JSON; then the bytes. */
function parse(file: Buffer, key: string): Stored | undefined {
  const end = file.indexOf(0x0a)
  const head = JSON.parse(file.toString('utf8', 0, end)) as StoredHead & {
    readonly key: string
    readonly byteCount: number
  }
  const bytes = file.subarray(end + 1)
  return head.key === key && head.byteCount === bytes.byteLength ? { head, bytes } : undefined
}

async function markUsed(path: string): Promise<void> {
  const now = Date.now()
  const { mtimeMs } = await stat(path)
  if (now - mtimeMs > MARK_EVERY_MS) await utimes(path, now / 1000, now / 1000)
}

interface ListedFile {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
}

async function listFiles(folder: string): Promise<ListedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: ListedFile[] = []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    // Another process may have removed it meanwhile.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined) files.push({ path, size: found.size, mtimeMs: found.mtimeMs })
  }
  return files
}
