/** Waiting for work that others wait for too. */
import { setMaxListeners } from 'node:events'

/** Waits for shared work, or until the caller gives up; the work goes on. */
export function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  // Dozens of tiles and blocks wait on one signal: more than the ten that Node thinks a leak.
  setMaxListeners(0, signal)
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', giveUp, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
