/** A file that is read in parts → the source that geotiff.js reads from. @io disk network */
import { GeoTIFF } from 'geotiff'
import type { RangeReader } from './range-reader.ts'

type Source = Parameters<typeof GeoTIFF.fromSource>[0]
type Slice = Parameters<Source['fetchSlice']>[0]

/** Reads the first directory of a TIFF. */
export function openTiff(reader: RangeReader, signal: AbortSignal): Promise<GeoTIFF> {
  return GeoTIFF.fromSource(new ReaderSource(reader), undefined, signal)
}

class ReaderSource implements Source {
  /** Not asked for by what is used of geotiff.js. */
  readonly fileSize = null
  readonly #reader: RangeReader

  constructor(reader: RangeReader) {
    this.#reader = reader
  }

  fetch(slices: Slice[], signal?: AbortSignal): Promise<ArrayBufferLike[]> {
    return Promise.all(slices.map(async (slice) => (await this.fetchSlice(slice, signal)).data))
  }

  async fetchSlice(slice: Slice, signal = new AbortController().signal) {
    const { offset, length } = slice
    const { buffer, byteOffset, byteLength } = await this.#reader.read(offset, length, signal)
    return { offset, length, data: buffer.slice(byteOffset, byteOffset + byteLength) }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
