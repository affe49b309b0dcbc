/**
 * The blobs of a phase, which decoders on several threads share out among themselves without a
 * message per blob.
 */
import type { BlobPlace } from './blob-index.ts'

/** Blobs to be decoded once each. */
export interface BlobQueue {
  readonly blobs: readonly BlobPlace[]
  /** `int32[1]`, shared: the next blob to take. */
  readonly next: Int32Array
  /** `bigint64[1]`, shared: bytes that need not be read again. */
  readonly bytesDone: BigInt64Array
}

/** Makes the queue of a phase; `bytesDone` goes on counting from the phase before. */
export function createQueue(blobs: readonly BlobPlace[], bytesDone: BigInt64Array): BlobQueue {
  return { blobs, next: new Int32Array(new SharedArrayBuffer(4)), bytesDone }
}

/** Takes blobs, one at a time, until none is left. */
export function* claimBlobs({ blobs, next }: BlobQueue) {
  for (;;) {
    const index = Atomics.add(next, 0, 1)
    const blob = blobs[index]
    if (!blob) return
    yield { blob, index }
  }
}

/** Counts a blob as done. */
export function finishBlob({ bytesDone }: BlobQueue, { size }: BlobPlace): void {
  Atomics.add(bytesDone, 0, BigInt(size))
}
