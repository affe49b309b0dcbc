/**
 * What strangers may have read: files in allowed folders, allowed hosts, keys for imagery and no
 * other variable. Paths are checked as they stand and again with all links followed, so that
 * neither says what else is there.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { InputError } from '../errors.ts'
import { parseImageryConfig, type ImageryConfig } from '../imagery/config.ts'
import { hasPlainSwitches, spreadSwitches } from '../imagery/tile-template.ts'
import { refuseOtherVariables, type VariableFields } from './key-variables.ts'

/** From where strangers may have things read. */
export interface AllowedSources {
  /** Absolute folders. */
  readonly dirs: readonly string[]
  /** Host names as in a URL, with a port when it is not the scheme's own. */
  readonly hosts: readonly string[]
  /** What relative paths start from. */
  readonly baseDir: string
  /** Follows all links; rejects where there is nothing. */
  realpath(path: string): Promise<string>
}

/**
 * A source as a stranger gives it, its files at their real places.
 * @throws {InputError} `source-forbidden`, `source-missing`, and those of the imagery config
 */
export async function requestImagery(
  imagery: unknown,
  allowed: AllowedSources,
): Promise<ImageryConfig> {
  return checkImagery(parseImageryConfig(imagery), allowed)
}

/**
 * Fields mean the same in every kind of source (imagery/kinds/common.ts), so one guard does for
 * all.
 */
async function checkImagery<Imagery extends ImageryConfig>(
  imagery: Imagery,
  allowed: AllowedSources,
): Promise<Imagery> {
  checkNetwork(imagery, allowed)
  const { file, files }: OutsideFields = imagery
  const realFiles: FileEntry[] = []
  for (const entry of files ?? []) {
    const path = await checkFile(typeof entry === 'string' ? entry : entry.file, allowed)
    realFiles.push(typeof entry === 'string' ? path : { ...entry, file: path })
  }
  return {
    ...imagery,
    ...(files && { files: realFiles }),
    ...(file !== undefined && { file: await checkFile(file, allowed) }),
  }
}

function checkNetwork(
  { url, urls = [], hosts = [], ...variables }: OutsideFields,
  allowed: AllowedSources,
): void {
  for (const entry of [url ?? [], urls].flat())
    checkAddress(typeof entry === 'string' ? entry : entry.url, allowed)
  for (const host of hosts) checkHost(host, host, allowed)
  refuseOtherVariables(variables)
}

/** A path, or a path and what is known of the file. */
type FileEntry = string | { readonly file: string }

/** Whatever a source of any kind may touch. */
interface OutsideFields extends VariableFields {
  readonly file?: string | undefined
  readonly files?: readonly FileEntry[] | undefined
  readonly url?: string | undefined
  readonly urls?: readonly (string | { readonly url: string })[] | undefined
  readonly hosts?: readonly string[] | undefined
}

/**
 * @returns the file with all links followed, so that a link changed later leads nowhere else
 * @throws {InputError} `source-forbidden`, `source-missing`
 */
export async function checkFile(path: string, allowed: AllowedSources): Promise<string> {
  const absolute = resolve(allowed.baseDir, path)
  if (!allowed.dirs.some((dir) => isInside(absolute, dir))) throw fileForbidden(path)
  const real = await allowed.realpath(absolute).catch((cause: unknown) => {
    throw new InputError('source-missing', `Expected a file of the server, got "${path}"`, {
      hint: 'paths are those of the machine that runs `whereabouts serve`',
      cause,
    })
  })
  for (const dir of allowed.dirs) {
    // An allowed folder may itself be reached by a link; one that is not there allows nothing.
    const realDir = await allowed.realpath(dir).catch(() => null)
    if (realDir !== null && isInside(real, realDir)) return real
  }
  throw fileForbidden(path)
}

function isInside(path: string, dir: string): boolean {
  const way = relative(dir, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function fileForbidden(path: string): InputError {
  return new InputError('source-forbidden', `Expected a file in an allowed folder, got "${path}"`, {
    hint: 'whoever runs the server allows folders with --allow-dirs (WHEREABOUTS_ALLOW_DIRS)',
  })
}

function checkAddress(template: string, allowed: AllowedSources): void {
  if (!hasPlainSwitches(template)) throw hostForbidden(template)
  for (const address of spreadSwitches(template)) checkHost(hostOf(address), address, allowed)
}

function checkHost(host: string | null, shown: string, allowed: AllowedSources): void {
  if (host !== null && allowed.hosts.includes(host)) return
  throw hostForbidden(host ?? shown)
}

function hostForbidden(shown: string): InputError {
  return new InputError(
    'source-forbidden',
    `Expected an allowed host, got "${shown.slice(0, 200)}"`,
    { hint: 'whoever runs the server allows hosts with --allow-hosts (WHEREABOUTS_ALLOW_HOSTS)' },
  )
}

/** Null where the host itself is part of the template, or names a user. */
function hostOf(template: string): string | null {
  try {
    const { host, username, password } = new URL(template)
    return username === '' && password === '' ? host : null
  } catch {
    return null
  }
}
