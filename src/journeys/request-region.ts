/**
 * A stranger's wish for a region → a request whose sources the server's owner allows.
 * Paths are checked as they stand and again with all links followed, so that neither says what else is there.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { InputError } from '../errors.ts'
import { boundaryFromBbox, parseBoundary } from '../geo/polygon.ts'
import { parseImageryConfig, type ImageryConfig } from '../imagery/config.ts'
import type { Bbox } from '../types.ts'
import type { RegionRequest, SamplingRequest } from './create-region.ts'

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

/** Names of environment variables whose value may be sent to an imagery host. */
const KEY_ENV = /^WHEREABOUTS_IMAGERY_KEY(_[A-Z0-9_]+)?$/

/** The wish as it arrives. */
export interface UncheckedRegion {
  readonly name: string
  readonly imagery: unknown
  readonly sampling: SamplingRequest
  readonly boundary?: unknown
  readonly bbox?: Bbox | undefined
}

/**
 * Checks every source and reads the boundary.
 * @throws {InputError} `source-forbidden`, `source-missing`, and those of imagery config and boundary
 */
export async function requestRegion(
  wish: UncheckedRegion,
  allowed: AllowedSources,
): Promise<RegionRequest> {
  const { name, sampling } = wish
  const imagery = await checkImagery(parseImageryConfig(wish.imagery), allowed)
  return {
    name,
    imagery,
    sampling:
      sampling.kind === 'roads'
        ? { ...sampling, extract: await checkFile(sampling.extract, allowed) }
        : sampling,
    boundary: readBoundary(wish),
  }
}

function readBoundary({ boundary, bbox }: UncheckedRegion) {
  if (bbox !== undefined) return boundaryFromBbox(bbox)
  return boundary === undefined ? null : parseBoundary(boundary)
}

async function checkImagery(imagery: ImageryConfig, allowed: AllowedSources) {
  switch (imagery.kind) {
    case 'geotiff': {
      const files: string[] = []
      for (const file of imagery.files) files.push(await checkFile(file, allowed))
      return { ...imagery, files }
    }
    case 'patches':
      return { ...imagery, file: await checkFile(imagery.file, allowed) }
    case 'xyz':
      checkHost(imagery.url, allowed)
      checkKeyEnv(imagery.keyEnv)
      return imagery
  }
}

/** @returns the file with all links followed, so that a link changed later leads nowhere else */
async function checkFile(path: string, allowed: AllowedSources): Promise<string> {
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

function checkHost(template: string, allowed: AllowedSources): void {
  const host = hostOf(template)
  if (host !== null && allowed.hosts.includes(host)) return
  throw new InputError('source-forbidden', `Expected an allowed host, got "${host ?? template}"`, {
    hint: 'whoever runs the server allows hosts with --allow-hosts (WHEREABOUTS_ALLOW_HOSTS)',
  })
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

function checkKeyEnv(name: string | undefined): void {
  if (name === undefined || KEY_ENV.test(name)) return
  throw new InputError(
    'source-forbidden',
    `Expected a variable WHEREABOUTS_IMAGERY_KEY… for keyEnv, got "${name}"`,
    {
      hint: 'over HTTP only WHEREABOUTS_IMAGERY_KEY and WHEREABOUTS_IMAGERY_KEY_<NAME> may be used',
    },
  )
}
