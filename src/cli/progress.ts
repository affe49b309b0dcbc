/**
 * The progress line on stderr: rewritten in place on a terminal, one line every few seconds
 * elsewhere.
 */

const LINE_EVERY_MS = 5000

/** A line that replaces itself. */
export interface ProgressLine {
  show(text: string): void
  end(): void
}

/** Opens a progress line on stderr. */
export function openProgress(): ProgressLine {
  const isTerminal = process.stderr.isTTY
  let shownAt = 0
  let latest = ''
  let shown = ''
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    if (latest === shown) return
    shown = latest
    shownAt = Date.now()
    process.stderr.write(`${latest}\n`)
  }
  return {
    show: (text) => {
      latest = text
      if (isTerminal) process.stderr.write(`\r\x1b[K${text}`)
      // Later, if not now: the last word before a long silence says why there is silence.
      else timer ??= setTimeout(write, Math.max(0, shownAt + LINE_EVERY_MS - Date.now())).unref()
    },
    end: () => {
      if (!isTerminal) write()
      else if (latest !== '') process.stderr.write('\n')
    },
  }
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
