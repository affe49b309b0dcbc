/** The progress and the end of a build, for people. */
import type { HeldPoints } from '../gallery/builds.ts'
import type { PointCounts } from '../gallery/points.ts'
import type { BuildProgress } from '../journeys/build-progress.ts'
import { formatDuration } from './progress.ts'

/** The engine's own code is compiled first: minutes left, told from that, are seconds. */
const RATE_SETTLES_S = 2

/**
 * `embed 2,560/10,000 · 310/s · 24 s left · waiting for downloads 62 %, inference 35 % · no patch:
 * nodata 12`.
 */
export function formatProgress(progress: BuildProgress): string {
  const { counts, done, elapsedS, problem } = progress
  const rate = done / Math.max(elapsedS, 1e-3)
  const left = counts.pending + counts.leased
  return [
    `embed ${counts.total - left}/${counts.total}`,
    ...(problem === null
      ? [
          `${rate.toFixed(1)}/s`,
          ...(progress.waiting === undefined
            ? [formatLeft(left / rate, elapsedS), formatSteps(progress)]
            : [formatWaiting(progress.waiting)]),
        ]
      : [`paused: ${problem.message}${formatNextTry(problem.nextTryAt)}`]),
    formatReasons(counts),
    progress.blackCount === 0 ? '' : `pure black: ${progress.blackCount}`,
    formatFailures(progress),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

function formatLeft(seconds: number, elapsedS: number): string {
  const isKnown = seconds === 0 || (Number.isFinite(seconds) && elapsedS >= RATE_SETTLES_S)
  return isKnown ? `${formatDuration(seconds)} left` : ''
}

/** Why nothing is done at the moment, though points are left. */
function formatWaiting({ putOff, nextTryAt, leased }: HeldPoints): string {
  const parts = [
    putOff === 0
      ? ''
      : `for ${putOff} points with broken pictures, tried again${nextTryAt === null ? '' : ` from ${nextTryAt.slice(11, 19)} UTC`}`,
    leased === 0 ? '' : `for ${leased} points that workers hold`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `waiting ${parts.join(' and ')}`
}

const STEP_WORDS = {
  download: 'downloads',
  cutting: 'reading and cutting',
  inference: 'inference',
  database: 'the database',
}

/** The steps that take a tenth of the time or more, the slowest first. */
function formatSteps({ steps }: BuildProgress): string {
  const slow = Object.entries(steps)
    .filter(([, share]) => share >= 0.1)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([step, share]) =>
        `${STEP_WORDS[step as keyof typeof STEP_WORDS]} ${Math.round(100 * share)} %`,
    )
  return slow.length === 0 ? '' : `waiting for ${slow.join(', ')}`
}

function formatNextTry(nextTryAt: string | undefined): string {
  return nextTryAt === undefined ? '' : `; next try at ${nextTryAt.slice(11, 19)} UTC`
}

function formatFailures({ failures }: BuildProgress): string {
  const counted = Object.entries(failures).map(([code, count]) => `${code} ${count}`)
  return counted.length === 0 ? '' : `tried again: ${counted.join(', ')}`
}

function formatReasons({ unavailable }: PointCounts): string {
  const reasons = Object.entries(unavailable).map(([reason, count]) => `${reason} ${count}`)
  return reasons.length === 0 ? '' : `no patch: ${reasons.join(', ')}`
}

/** What to do about patches that are black: nothing else says that they were searched in vain. */
export function formatBlack({ blackCount }: Pick<BuildProgress, 'blackCount'>): string {
  return `warning: ${blackCount} points have patches that are pure black by more than a tenth, as where a picture has no data. If there is none, they are searched in vain: create the region anew, of GeoTIFFs with "nodata": 0 in the source, of others with a boundary that leaves them out`
}

/**
 * How a build ended.
 * @param next  the command that goes on with it
 */
export function formatCounts(name: string, counts: PointCounts, next: string): string {
  const left = counts.pending + counts.leased
  return [
    `region "${name}": ${counts.embedded} of ${counts.total} points embedded`,
    formatReasons(counts),
    left === 0 ? '' : `${left} left: continue with \`${next}\``,
  ]
    .filter((part) => part !== '')
    .join('\n')
}
