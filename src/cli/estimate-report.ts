/** What a build will cost, for people. */
import type { Requests } from '../journeys/count-requests.ts'
import type { Estimate } from '../journeys/estimate-region.ts'
import { formatDuration } from './progress.ts'

/** A few lines, one subject each. */
export function formatEstimate(estimate: Estimate): string {
  const { areaKm2, requests, terms } = estimate
  return [
    `region   ${Number(areaKm2.toPrecision(3))} km², ${formatPieces(estimate)}`,
    requests === null ? 'imagery  from local files' : `imagery  ${formatRequests(requests)}`,
    ...formatOutline(estimate),
    ...formatSample(estimate),
    `time     ${formatTime(estimate)}`,
    `terms    ${terms.join('; ')}`,
  ].join('\n')
}

function formatPieces({ points, patchM, windows }: Estimate): string {
  if (windows === null) return `${points} points, a patch of ${patchM} m for each`
  return `${points} points, their patches of ${patchM} m read from ${windows} windows`
}

/** Further ones are only counted. */
const HOSTS_SHOWN = 10

function formatRequests({ hosts, count, bytes, isMeasured }: Requests): string {
  if (count === 0) return 'no requests: the source lists nothing at these points'
  const kb = Math.round(bytes / count / 1000)
  const source = isMeasured ? 'measured' : 'assumed; --sample measures it'
  return `about ${formatHosts(hosts, count)}, ${formatBytes(bytes)} (${kb} kB each, ${source})`
}

function formatHosts(hosts: Requests['hosts'], count: number): string {
  const [first, ...others] = hosts
  if (others.length === 0) return `${count} requests to ${first?.host ?? ''}`
  const shown = hosts.slice(0, HOSTS_SHOWN).map((one) => `${one.count} to ${one.host}`)
  const more = hosts.length > HOSTS_SHOWN ? [`others to ${hosts.length - HOSTS_SHOWN} hosts`] : []
  return `${count} requests (${[...shown, ...more].join(', ')})`
}

function formatOutline({ outline }: Estimate): string[] {
  if (outline === null || outline.inside === outline.looked) return []
  const { looked, inside } = outline
  const place = inside === 0 ? ': is it of another place?' : ''
  return [
    `outline  ${looked - inside} of ${looked} points looked at lie outside the imagery${place}`,
  ]
}

function formatSample({ sample, windows }: Estimate): string[] {
  if (sample === null) return []
  const rate = sample.patchesPerSecond.toFixed(1)
  const pieces = windows === null ? 'patches' : 'windows'
  return [
    `sample   ${sample.unavailable} of ${sample.patches} ${pieces} have no imagery, ${rate} ${pieces}/s`,
  ]
}

function formatTime({ inferenceS, imageryS, patchesPerSecond }: Estimate): string {
  const inference = `inference ${formatDuration(inferenceS)} at ${patchesPerSecond.toFixed(0)} patches/s on this machine`
  if (imageryS === null) return `about ${formatDuration(inferenceS)}: ${inference}`
  return `about ${formatDuration(Math.max(inferenceS, imageryS))}: imagery ${formatDuration(imageryS)}, meanwhile ${inference}`
}

function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
