/** A migrated, empty PGlite, made once per machine; tests open copies of it. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../src/gallery/migrate.ts'
import { openDatabase } from '../src/gallery/open.ts'

const migrationsFolder = new URL('../migrations/', import.meta.url)

/**
 * Each opening clears the shared buffers: the usual 128 MB take a third of its time, and a quarter
 * of the memory.
 */
const settings = '\nshared_buffers = 16MB\n'

/** Half of the files to copy are of databases that only `create database` reads. */
const spares = [
  'update pg_database set datistemplate = false',
  'drop database template0',
  'drop database template1',
]

/** The folder of the template, made if it is not there. */
export async function pgliteTemplate(): Promise<string> {
  const template = join(tmpdir(), `whereabouts-template-${await templateHash()}`)
  if (existsSync(template)) return template
  // Made aside and renamed: another run of the tests may be at it too, and the first one wins.
  const draft = await mkdtemp(`${template}-`)
  const database = await openDatabase({ dataDir: draft })
  await migrate(database)
  await database.withClient(async (client) => {
    for (const sql of spares) await client.script(sql)
  })
  await database.close()
  await writeFile(join(draft, 'cluster/postgresql.conf'), settings, { flag: 'a' })
  await rename(draft, template).catch(() => rm(draft, { recursive: true }))
  return template
}

/** Of the migrations and of PGlite's version: another one of either makes another template. */
export async function templateHash(): Promise<string> {
  const hash = createHash('sha256').update(`${settings} ${spares.join()}`)
  for (const name of (await readdir(migrationsFolder)).sort()) {
    hash.update(name).update(await readFile(new URL(name, migrationsFolder)))
  }
  const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  hash.update(await readFile(join(pglite, '../../package.json')))
  return hash.digest('hex').slice(0, 16)
}
