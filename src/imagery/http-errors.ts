/**
 * How requests for imagery end that bring none. The address is shown with `{key}` in place of the
 * key, and unsigned.
 */
import { UpstreamError } from '../errors.ts'
import { withoutSignature } from './signed-address.ts'

/** The name has no address, or nobody listens there. */
const NOBODY_THERE = /^(ENOTFOUND|ECONNREFUSED|EAI_AGAIN)$/

interface Asked {
  readonly url: string
  readonly range?: readonly [first: number, last: number]
}

/** The server answered, but not with imagery, and would not the next time. */
export function refused({ url }: Asked, status: number, isRedirect: boolean): UpstreamError {
  return new UpstreamError(
    'tiles-refused',
    `Fetching imagery failed: GET ${withoutSignature(url)} → ${String(status)}`,
    {
      hint: isRedirect
        ? 'the server points to another address: use that one in the source'
        : "check the source's url and key",
      facts: { status },
    },
  )
}

/** More came than a tile, or a part of a file, can be. */
export function tooLarge({ url, range }: Asked, maxBytes: number): UpstreamError {
  return new UpstreamError(
    'tiles-refused',
    `Expected at most ${String(maxBytes)} bytes, got more: GET ${withoutSignature(url)}`,
    {
      hint: range
        ? 'the server does not answer ranges of a file; use another one or a local copy'
        : "check the source's url: it does not answer with map tiles",
    },
  )
}

/** It went wrong each time; @param failure  the last time */
export function unavailable({ url }: Asked, failure: string, attempts: number): UpstreamError {
  return new UpstreamError(
    'tiles-unavailable',
    `Fetching imagery failed: GET ${withoutSignature(url)} → ${failure} after ${String(attempts)} attempts`,
    {
      hint: NOBODY_THERE.test(failure)
        ? 'check the address and the network; a build continues where it stopped'
        : 'try again later, or lower requestsPerSecond; a build continues where it stopped',
      facts: { failure, attempts },
    },
  )
}
