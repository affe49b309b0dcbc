/**
 * Fetched tiles on disk: one file per tile, written beside and renamed into place, so that several processes may
 * share the folder; when it grows beyond its limit the tiles that were written longest ago go.
 * @io disk
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tileName, type TileAddress } from './tile-client.ts'

/** A tile as it is kept. */
export interface StoredTile {
  readonly bytes: Uint8Array
  readonly etag: string | null
}

/** After a sweep the folder is at most this full, so that not every write sweeps. */
const FULL_SHARE = 0.9
/** Share of the limit that one process writes before it looks at the folder's size again. */
const SWEEP_SHARE = 0.05

let temporaryCount = 0

/** Tiles of one source, in its own folder. */
export class TileCache {
  readonly #folder: string
  readonly #maxBytes: number
  #unsweptBytes = Number.POSITIVE_INFINITY
  #sweeping: Promise<void> = Promise.resolve()

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Reads a tile; `undefined` when it is not there or not whole. */
  async read(address: TileAddress): Promise<StoredTile | undefined> {
    try {
      return parseTile(await readFile(this.#pathOf(address)))
    } catch {
      return undefined
    }
  }

  /** Stores a tile; a full disk loses the tile, not the patch. */
  async write(address: TileAddress, { bytes, etag }: StoredTile): Promise<void> {
    const path = this.#pathOf(address)
    const temporary = `${path}.${String(process.pid)}-${String(temporaryCount++)}.tmp`
    try {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(
        temporary,
        Buffer.concat([Buffer.from(`${JSON.stringify({ etag })}\n`), bytes]),
      )
      await rename(temporary, path)
    } catch {
      await rm(temporary, { force: true })
      return
    }
    this.#unsweptBytes += bytes.byteLength
    if (this.#unsweptBytes < this.#maxBytes * SWEEP_SHARE) return
    this.#unsweptBytes = 0
    this.#sweeping = this.#sweeping.then(() => this.#sweep())
    await this.#sweeping
  }

  #pathOf(address: TileAddress): string {
    return join(this.#folder, `${tileName(address)}.tile`)
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

/** First line: what the server said, as JSON; then the bytes. */
function parseTile(file: Buffer): StoredTile {
  const end = file.indexOf(0x0a)
  const { etag } = JSON.parse(file.toString('utf8', 0, end)) as { etag: string | null }
  return { bytes: file.subarray(end + 1), etag }
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
