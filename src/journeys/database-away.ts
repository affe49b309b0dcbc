/**
 * Work on the database that waits while its server is away (restart, failover), and then goes on.
 */
import { UpstreamError } from '../errors.ts'
import { pause } from './flow.ts'

const WAIT_MS = { first: 250, most: 10_000 }

/**
 * Repeats work on the database until the server answers; the work must bear being done twice.
 * @param signal  ends the wait: then the last error is thrown
 * @param onWait  told of the first error in a row
 */
export async function untilDatabaseAnswers<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onWait?: (error: UpstreamError) => void,
): Promise<T> {
  for (let waitMs = WAIT_MS.first; ; waitMs = Math.min(2 * waitMs, WAIT_MS.most)) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseAway(error) || signal.aborted) throw error
      if (waitMs === WAIT_MS.first) onWait?.(error)
      await pause(waitMs, signal)
    }
  }
}

function isDatabaseAway(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && error.code === 'database-unreachable'
}
