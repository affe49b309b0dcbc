/** `whereabouts serve`: the HTTP API on a port, until it is told to stop. @io network, disk */
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { Command } from 'commander'
import { pino, type Logger } from 'pino'
import type { Config } from '../config.ts'
import { ConfigError } from '../errors.ts'
import { createApp } from '../http/app.ts'
import { Builds } from '../http/builds.ts'
import { startPhotoExpiry } from '../http/photo-expiry.ts'
import { createPhotoFiles } from '../http/photo-files.ts'
import { openWorld } from '../wire.ts'
import { configOf, withInterrupt } from './context.ts'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']
/** After this long, answers under way are cut off. */
const SHUTDOWN_MS = 10_000

/** Registers `serve`. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('answer over HTTP: regions, photos, heatmaps; described at /docs')
    // Port, hosts and limits are options of every command: here they are looked for.
    .configureHelp({ showGlobalOptions: true })
    .action((_options: object, command: Command) =>
      serve(configOf(command), program.version() ?? ''),
    )
}

async function serve(config: Config, version: string): Promise<void> {
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  const world = await openWorld(config, process.env)
  const builds = new Builds(world, log)
  const photos = {
    outside: world,
    photoFiles: createPhotoFiles(join(config.dataDir, 'photos')),
    photoDays: config.photoDays,
  }
  const endExpiry = startPhotoExpiry(photos, log)
  try {
    const { fetch } = createApp({
      ...photos,
      builds,
      allowed: {
        dirs: config.allowedDirs,
        hosts: config.allowedHosts,
        baseDir: process.cwd(),
        realpath,
      },
      hostNames: hostNamesOf(config.host),
      photoMaxBytes: config.photoMaxMb * 1_000_000,
      version,
      log,
    })
    const server = createAdaptorServer({ fetch })
    await withInterrupt((signal) => runUntil(signal, { server, config, builds, log }))
  } finally {
    await endExpiry()
    await builds.stopAll()
    await world.close()
  }
}

interface Running {
  readonly server: ServerType
  readonly config: Config
  readonly builds: Builds
  readonly log: Logger
}

async function runUntil(
  signal: AbortSignal,
  { server, config, builds, log }: Running,
): Promise<void> {
  const address = await listen(server, config)
  log.info({ url: `${address}/docs`, dataDir: config.dataDir }, 'listening')
  if (!isLoopback(config.host)) {
    console.error(
      `Warning: ${address} can be reached by other machines, and this version has no authentication:\n` +
        'everybody who reaches it can upload photos, see heatmaps, and build and delete regions.',
    )
  }
  if (!signal.aborted) await once(signal, 'abort')
  const closed = once(server, 'close')
  server.close()
  const cutOff = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
  }, SHUTDOWN_MS)
  await Promise.all([closed, builds.stopAll()])
  clearTimeout(cutOff)
  log.info('stopped')
}

/** @returns the address as a URL */
async function listen(server: ServerType, { host, port }: Config): Promise<string> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown error'
    throw new ConfigError('port-unusable', `Listening on ${host}:${port} failed: ${reason}`, {
      hint: 'give another --port or --host',
      cause,
    })
  }
  const { address, family, port: listened } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${listened}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/**
 * Names under which a loopback server is asked; one that is open to others has names we do not
 * know.
 */
function hostNamesOf(host: string): readonly string[] | null {
  if (!isLoopback(host)) return null
  return [...new Set([...LOOPBACK_NAMES, host.includes(':') ? `[${host}]` : host])]
}
