/**
 * Writes whole runs of bytes: a disk that is nearly full takes a part of them and says so by a
 * number alone.
 */

/** As `FileHandle.write`; @returns how many bytes went in */
export type Write = (bytes: Uint8Array, position: number) => Promise<number>

/** @throws {Error} when not one byte more goes in */
export async function writeAll(bytes: Uint8Array, position: number, write: Write): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const count = await write(bytes.subarray(done), position + done)
    if (count === 0)
      throw new Error(`expected room for ${bytes.length} bytes, got room for ${done}: disk full`)
    done += count
  }
}
