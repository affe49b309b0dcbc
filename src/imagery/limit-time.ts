/** A limit on how long something may take. */

/**
 * A signal that ends with another one or after some time. `AbortSignal.any` would leave a trace of
 * every request on the other one, which lives as long as a build.
 */
export function limitTime(
  signal: AbortSignal,
  ms: number,
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController()
  const stop = (): void => controller.abort(signal.reason)
  const timer = setTimeout(() => controller.abort(), ms)
  signal.addEventListener('abort', stop, { once: true })
  const end = (): void => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
  return { signal: controller.signal, end }
}
