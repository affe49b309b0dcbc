/** The progress line on stderr: rewritten in place on a terminal, one line every few seconds elsewhere. */

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
  return {
    show: (text) => {
      latest = text
      if (isTerminal) process.stderr.write(`\r\x1b[K${text}`)
      else if (Date.now() - shownAt >= LINE_EVERY_MS) {
        shownAt = Date.now()
        process.stderr.write(`${text}\n`)
      }
    },
    end: () => {
      if (latest !== '') process.stderr.write(isTerminal ? '\n' : `${latest}\n`)
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
