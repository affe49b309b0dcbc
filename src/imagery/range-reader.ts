/**
 * Bytes of a file by their position: the seam between formats that are read in parts (TIFF,
 * PMTiles) and where the file lies, on disk here, behind HTTP in http-range.ts.
 * @io disk
 */
import { open, type FileHandle } from 'node:fs/promises'
import { InputError, UpstreamError } from '../errors.ts'

/** A file that is read in parts. */
export interface RangeReader {
  /** As its user named it; holds no secret, and no signature. */
  readonly name: string
  /** Reads `length` bytes from `offset`; fewer where the file ends. */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /** Bytes of the whole file. */
  size(signal: AbortSignal): Promise<number>
  /**
   * What the server calls this version of the file, once something was read; null for files on
   * disk.
   */
  readonly etag: string | null
  /** The file is no longer the one that was opened: all reads fail until it is opened anew. */
  readonly isOutdated: boolean
  close(): Promise<void>
}

/**
 * Opens a file on disk.
 * @param name  as the user named it, for messages
 * @throws {InputError} `file-unreadable`
 */
export async function openFileReader(path: string, name: string): Promise<RangeReader> {
  try {
    const file = await open(path)
    const stat = await file.stat()
    if (stat.isFile()) return new FileReader(name, file, stat.size)
    await file.close()
  } catch (cause) {
    throw unreadable(name, cause)
  }
  // A folder opens like a file, and fails only when it is read.
  throw unreadable(`${name} (a folder or a device)`)
}

/**
 * Opens what a file holds, as long as somebody wants it: a signal closes the reader, which ends all
 * that is read.
 * @param signal  has no say any more once it is open
 * @throws the signal's reason; what `open` throws. The reader is closed then
 */
export async function openWhileWanted<T>(
  reader: RangeReader,
  signal: AbortSignal | undefined,
  open: () => Promise<T>,
): Promise<T> {
  const close = (): void => void reader.close()
  signal?.addEventListener('abort', close, { once: true })
  try {
    signal?.throwIfAborted()
    return await open()
  } catch (error) {
    await reader.close()
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', close)
  }
}

function unreadable(got: string, cause?: unknown): InputError {
  return new InputError('file-unreadable', `Expected a readable file, got ${got}`, {
    hint: 'check the path (relative to the working directory) and the permissions',
    cause,
  })
}

class FileReader implements RangeReader {
  readonly name: string
  readonly etag = null
  readonly isOutdated = false
  readonly #file: FileHandle
  readonly #size: number

  constructor(name: string, file: FileHandle, size: number) {
    this.name = name
    this.#file = file
    this.#size = size
  }

  async read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    // What damaged tags ask for may be far more than there is: never make room for that.
    const wanted = Math.max(0, Math.min(length, this.#size - offset))
    const bytes = new Uint8Array(wanted)
    const { bytesRead } = await this.#file
      .read(bytes, 0, wanted, offset)
      .catch((cause: unknown) => {
        throw this.#changed((cause as NodeJS.ErrnoException).code ?? String(cause), cause)
      })
    if (bytesRead < wanted) throw this.#changed('a shorter one')
    return bytes
  }

  /** Cut short while it is written anew, or on a disk that went away. */
  #changed(got: string, cause?: unknown): UpstreamError {
    return new UpstreamError(
      'file-changed',
      `Expected the file as it was when it was opened, got ${got}: ${this.name}`,
      { hint: 'a build opens it anew and goes on; other commands: start again', cause },
    )
  }

  async size(): Promise<number> {
    return this.#size
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
