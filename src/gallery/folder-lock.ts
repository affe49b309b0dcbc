/**
 * A lock on a folder by a file with the holder's process id: PGlite itself would let a second
 * process in.
 * @io disk
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { UpstreamError } from '../errors.ts'

/** Gives the folder back. */
export type Unlock = () => Promise<void>

let draftCount = 0

interface Holder {
  readonly pid: number
  readonly host: string
  /** Start of the process in kernel ticks, where `/proc` tells: process ids are used again. */
  readonly started: string
}

/**
 * Takes the folder, also from a process that has died.
 * @throws {UpstreamError} `database-locked`, naming who holds it; `database-unavailable` where
 *   nothing can be written
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  return takeFolder(folder).catch((error: unknown) => {
    throw error instanceof Error && 'syscall' in error ? unusable(folder, error) : error
  })
}

async function takeFolder(folder: string): Promise<Unlock> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'lock')
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(file)) return () => rm(file, { force: true })
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    if (await isAlive(text)) throw locked(folder, file, text)
    await takeAway(file, text)
  }
  throw locked(folder, file, await readFile(file, 'utf8').catch(() => '{}'))
}

async function create(file: string): Promise<boolean> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
  }
  // Written aside and linked: nobody ever reads a half-written lock.
  const draft = `${file}.${process.pid}.${draftCount++}`
  try {
    await writeFile(draft, JSON.stringify(holder))
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes a dead holder's file; when another process was faster, its new lock is put back. */
async function takeAway(file: string, deadText: string): Promise<void> {
  const aside = `${file}.${process.pid}.stale`
  await rename(file, aside).catch(() => undefined)
  const text = await readFile(aside, 'utf8').catch(() => deadText)
  if (text !== deadText) await link(aside, file).catch(() => undefined)
  await rm(aside, { force: true })
}

async function isAlive(text: string): Promise<boolean> {
  const holder = parse(text)
  if (holder === undefined) return false
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return (await startOf(holder.pid)) === holder.started
}

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder
  } catch {
    return undefined
  }
}

async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Field 22; the second one, the command in brackets, may hold blanks.
  return stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? ''
}

function unusable(folder: string, cause: Error): UpstreamError {
  return new UpstreamError(
    'database-unavailable',
    `Expected a folder for the embedded database in which to write, got "${cause.message}" for ${folder}`,
    {
      hint: 'make room on its disk, allow writing there, or name another folder with --data-dir; a file may be in its place',
      cause,
    },
  )
}

function locked(folder: string, file: string, text: string): UpstreamError {
  const { pid, host } = { pid: 0, host: '?', ...parse(text) }
  return new UpstreamError(
    'database-locked',
    `Expected the database folder ${folder} to be free, got one in use by process ${pid} on ${host}`,
    {
      hint:
        host === hostname()
          ? `stop process ${pid}, or send the work to it over HTTP if it is \`whereabouts serve\``
          : `if nothing runs on ${host} any more, delete ${file}`,
      facts: { pid, host },
    },
  )
}
