/** What errors of statements mean to a user. */
import { UpstreamError } from '../errors.ts'

/**
 * Something is to be changed at the server; any other error of a statement is a bug, and stays what
 * it is.
 */
export function told(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const known = KNOWN.find(({ isOne }) => isOne(String(error.code), error.message))
  if (known === undefined) return error
  const { code, action, hint, reason = error.message } = known
  return new UpstreamError(code, `${action} failed: ${reason}`, { hint, cause: error })
}

interface Known {
  readonly isOne: (state: string, message: string) => boolean
  readonly code: string
  readonly action: string
  /** Absent: as the database says. */
  readonly reason?: string
  readonly hint: string
}

/** By SQLSTATE. */
const KNOWN: readonly Known[] = [
  {
    // Disk full, out of memory, too many connections.
    isOne: (state) => /^53\w{3}$/.test(state),
    code: 'database-full',
    action: 'Storing in the database',
    hint: 'make room on its disk; nothing was stored by half, and a build goes on by itself',
  },
  {
    isOne: (state) => state === '25006',
    code: 'database-read-only',
    action: 'Writing to the database',
    reason: 'it allows reading only',
    hint: 'use the primary server for this; a replica answers locate, scene and other questions about what is built',
  },
  {
    isOne: (state, message) => state === '42501' && message.includes('extension "vector"'),
    code: 'database-without-pgvector',
    action: 'Setting up the database',
    hint: 'let a superuser run `create extension vector` in this database, once',
  },
  {
    isOne: (state) => state === '42501',
    code: 'database-forbidden',
    action: 'Asking the database',
    hint: 'name the role that owns its tables in the database URL, or let that one grant: `grant all on schema public to ROLE`, and `grant all on all tables in schema public to ROLE`',
  },
  {
    // Not on the server; its files are gone; not in this database, or of a version without
    // `halfvec`.
    isOne: (state, message) =>
      ['0A000', '58P01', '42704'].includes(state) && /vector|halfvec/.test(message),
    code: 'database-without-pgvector',
    action: 'Asking the database for vectors',
    hint: 'install pgvector 0.7 or later on the server, then run `create extension vector` in this database (`alter extension vector update` where an older one is)',
  },
]
