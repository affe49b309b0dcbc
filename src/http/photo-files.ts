/** The bytes of photos as files named by their SHA-256, readable by the owner alone. @io disk */
import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { photoNotFound, type PhotoFiles } from '../journeys/keep-photo.ts'

const ONLY_OWNER_FILE = 0o600
const ONLY_OWNER_DIR = 0o700
const NAME = /^[0-9a-f]{64}$/
const DRAFT = /^[0-9a-f]{64}\.[0-9a-f-]+$/
/** Stands beside a photo until it has its row: other files may be those of another database. */
const MARK = '.unsettled'

/** Keeps photos in a folder, which is made when the first one comes. */
export function createPhotoFiles(folder: string): PhotoFiles {
  const pathOf = (sha256: string) => {
    if (!NAME.test(sha256)) throw photoNotFound(sha256)
    return join(folder, sha256)
  }
  return {
    async write(sha256, bytes) {
      await mkdir(folder, { recursive: true, mode: ONLY_OWNER_DIR })
      await writeFile(`${pathOf(sha256)}${MARK}`, '', { mode: ONLY_OWNER_FILE })
      // Written aside and renamed: nobody reads half a photo. The same one may come twice at once,
      // also in two processes.
      const draft = `${pathOf(sha256)}.${randomUUID()}`
      await writeFile(draft, bytes, { mode: ONLY_OWNER_FILE })
      await rename(draft, pathOf(sha256))
    },
    async read(sha256) {
      try {
        return await readFile(pathOf(sha256))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw photoNotFound(sha256)
        throw error
      }
    },
    has: (sha256) =>
      access(pathOf(sha256)).then(
        () => true,
        () => false,
      ),
    settle: (sha256) => rm(`${pathOf(sha256)}${MARK}`, { force: true }),
    async remove(sha256) {
      await rm(pathOf(sha256), { force: true })
      await rm(`${pathOf(sha256)}${MARK}`, { force: true })
    },
    async listUnsettled(moment) {
      const ids: string[] = []
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name)
        const written = await stat(path).catch(() => null)
        if (written === null || written.mtime >= moment) continue
        const id = name.slice(0, -MARK.length)
        if (name.endsWith(MARK) && NAME.test(id)) ids.push(id)
        else if (DRAFT.test(name)) await rm(path, { force: true })
      }
      return ids
    },
  }
}
