/**
 * What every command needs: options → config → opened world, Ctrl-C, and the places output goes to.
 * @io disk
 */
import { once } from 'node:events'
import { fstatSync, writeFileSync } from 'node:fs'
import { access, constants, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { OPTIONS, resolveConfig, type Config } from '../config.ts'
import { InputError } from '../errors.ts'
import type { LonLat } from '../types.ts'
import type { World } from '../wire.ts'

/** Exit code of a command that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130

/** Ctrl-C ended a command before it had a result: no bug and nothing to tell. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Resolves the global options of a command. */
export function configOf(command: Command): Config {
  const values: Record<string, unknown> = command.optsWithGlobals()
  const flags: Partial<Record<keyof typeof OPTIONS, string>> = {}
  for (const name of Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]) {
    const value = values[camelCase(OPTIONS[name].flag)]
    if (typeof value === 'string') flags[name] = value
  }
  return resolveConfig(flags, process.env)
}

function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Opens the world for one command and closes it whatever happens. */
export async function withWorld<T>(
  command: Command,
  work: (world: World, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Loaded when needed: `roads sample` does without databases and models.
  const { openWorld } = await import('../wire.ts')
  const world = await openWorld(configOf(command), process.env)
  try {
    return await withInterrupt((signal) => work(world, signal))
  } finally {
    await world.close()
  }
}

/** As `withWorld`, for a command that only asks: Ctrl-C ends it at once. */
export async function askWorld<T>(
  command: Command,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const leave = () => process.exit(EXIT_INTERRUPTED)
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)
  const { openWorld } = await import('../wire.ts')
  const world = await openWorld(configOf(command), process.env, { isBrief: true })
  try {
    return await work(world)
  } finally {
    await world.close()
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
  }
}

/**
 * First Ctrl-C: finish the work under way and stop; second: stop at once.
 * @throws {Interrupted} when the work gave up because of it
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) endAtOnce()
    console.error('\nstopping after the work under way; press Ctrl-C again to stop at once')
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted && isAbort(error) ? new Interrupted() : error
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** Also where it came back from a thread as a copy, or is the cause of what is told. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause))
}

/** `LON,LAT` in degrees. @throws {InputError} */
export function parseLonLat(text: string): LonLat {
  const hint = 'longitude first, e.g. --known 9.52,47.14'
  const [lon = 0, lat = 0] = parseNumbers(text, { count: 2, name: '--known LON,LAT', hint })
  if (Math.abs(lon) <= 180 && Math.abs(lat) <= 90) return { lon, lat }
  throw new InputError(
    'known',
    `Expected longitude,latitude in degrees for --known, got "${text}"`,
    { hint },
  )
}

/** So many numbers, with commas between. @throws {InputError} */
export function parseNumbers(
  text: string,
  { count, name, hint }: { readonly count: number; readonly name: string; readonly hint: string },
): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (numbers.length === count && numbers.every((number) => Number.isFinite(number))) return numbers
  throw new InputError('number', `Expected ${count} numbers for ${name}, got "${text}"`, { hint })
}

/** A whole number within bounds. @throws {InputError} */
export function parseCount(
  text: string,
  name: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  const value = text.trim() === '' ? NaN : Number(text)
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  const span = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`
  throw new InputError('number', `Expected a whole number of ${span} for ${name}, got "${text}"`)
}

/** JSON, or an InputError that says where it stands, and how it might look. */
export function parseJson(text: string, name: string, hint?: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The start of a picture is no text.
    const shown = text.slice(0, 60).replaceAll(/[\p{C}\uFFFD]+/gu, '…')
    throw new InputError('json', `Expected JSON for ${name}, got "${shown}"`, {
      ...(hint !== undefined && { hint }),
      cause,
    })
  }
}

/**
 * Ends the process by the signal itself, which a shell reports as 130 too: `process.exit` would
 * take threads down first, and one that computes natively then aborts the process.
 */
function endAtOnce(): never {
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
  // Of the first process of a container signals have no default action.
  process.exit(EXIT_INTERRUPTED)
}

/** Reads a file that the user named. @throws {InputError} `file-unreadable` */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR'
    const got = isFolder ? `the folder "${path}"` : `"${path}"`
    throw new InputError('file-unreadable', `Expected a readable file, got ${got}`, {
      hint: isFolder ? 'name a file in it' : 'check the path and the permissions',
      cause,
    })
  }
}

/**
 * Says before the work, not after it, that its results could not be written, or that one would
 * replace another or what is read; leaves the files as they are. A link is judged by what it points
 * to.
 * @throws {InputError} `file-unwritable`, `file-twice`
 */
export async function requireWritable(
  outputs: readonly (string | undefined)[],
  inputs: readonly string[] = [],
): Promise<void> {
  const taken = new Set(inputs.map((file) => resolve(file)))
  for (const file of outputs) {
    if (file === undefined) continue
    if (taken.has(resolve(file))) refuseTwice(file)
    taken.add(resolve(file))
    if (file === '' || /[\\/]$/.test(file)) refuseUnwritable(file)
    await checkWritable(await targetOf(file)).catch((cause: unknown) => {
      refuseUnwritable(file, cause)
    })
  }
}

function refuseTwice(file: string): never {
  throw new InputError(
    'file-twice',
    `Expected a file of its own for each result, got "${file}" twice`,
    { hint: 'what is read and each result are different files' },
  )
}

/** Where a link leads, also to a file that is not there yet. */
async function targetOf(file: string): Promise<string> {
  const target = await readlink(file).catch(() => null)
  return target === null ? file : resolve(dirname(file), target)
}

async function checkWritable(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (found === null) return access(`${dirname(resolve(file))}/.`, constants.W_OK | constants.X_OK)
  if (found.isDirectory()) throw new Error(`${file} is a folder`)
  await access(file, constants.W_OK)
}

function refuseUnwritable(file: string, cause?: unknown): never {
  throw new InputError('file-unwritable', `Expected a file that can be written, got "${file}"`, {
    hint: 'check that its folder exists, and the permissions',
    cause,
  })
}

/**
 * Writes a result to a file, or to stdout when no file is named (binary never to a terminal).
 * @param result  whole, or in parts
 * @throws {InputError} `file-unwritable`
 */
export async function writeResult(
  result: Uint8Array | string | Iterable<string>,
  out: string | undefined,
): Promise<void> {
  if (out !== undefined) {
    return writeFile(out, result).catch((cause: unknown) => refuseUnwritable(out, cause))
  }
  const isBinary = result instanceof Uint8Array
  if (isBinary && process.stdout.isTTY) {
    throw new InputError('terminal', 'Expected --out FILE for this format, got a terminal')
  }
  const parts = isBinary || typeof result === 'string' ? [result] : result
  for (const part of parts) await writeStdout(part)
}

async function writeStdout(bytes: Uint8Array | string): Promise<void> {
  if (isStdoutFile()) return writeStdoutFile(bytes)
  // An error of stdout is the business of main.ts.
  await new Promise<void>((resolve) => {
    process.stdout.write(bytes, (error) => error ?? resolve())
  })
}

/** A file, or a device as /dev/null: no pipe, which waits, and no terminal. */
function isStdoutFile(): boolean {
  const stdout = fstatSync(process.stdout.fd)
  return stdout.isFile() || (stdout.isCharacterDevice() && !process.stdout.isTTY)
}

/**
 * Node's own stream to a file does not look how much was written: on a full disk the rest were
 * missing without a word.
 */
function writeStdoutFile(bytes: Uint8Array | string): void {
  try {
    writeFileSync(process.stdout.fd, Buffer.from(bytes))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new InputError(
      'file-unwritable',
      `Expected a whole result on stdout, got part of it: ${why}`,
      { hint: 'make room where stdout leads, and run it again', cause },
    )
  }
}

/** Asks on a terminal; elsewhere the answer must have been given by `--yes`. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InputError(
      'not-confirmed',
      `Expected --yes, as there is no terminal to ask: ${question}`,
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // The terminal is in raw mode: Ctrl-C comes as a key.
  terminal.on('SIGINT', () => process.exit(EXIT_INTERRUPTED))
  // The end of input is no yes: at Ctrl-D the question is rejected, otherwise it would never be
  // answered.
  const ended = once(terminal, 'close').then(() => '')
  const answered = terminal.question(`${question} [y/N] `).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'AbortError') return ''
    throw error
  })
  const answer = await Promise.race([answered, ended])
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
