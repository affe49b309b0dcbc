/**
 * Writes whole runs of bytes: a disk that is nearly full takes a part of them and says so by a
 * number alone.
 */

/** As `writeSync` of an open file; @returns how many bytes went in */
export type Write = (bytes: Uint8Array, position: number) => number

/** @throws {Error} `ENOSPC` when not one byte more goes in */
export function writeAll(bytes: Uint8Array, position: number, write: Write): void {
  for (let done = 0; done < bytes.length;) {
    const count = write(bytes.subarray(done), position + done)
    if (count === 0) throw noRoom(bytes.length, done)
    done += count
  }
}

/** In the form of errors of the system: to its readers it is one. */
function noRoom(size: number, done: number): Error {
  const message = `ENOSPC: expected room for ${size} bytes, got room for ${done}, write`
  return Object.assign(new Error(message), { code: 'ENOSPC', syscall: 'write' })
}
