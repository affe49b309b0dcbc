/** Regions as the API answers them: what the database tells, with the build of this process. */
import {
  describeBuild,
  describeRegion,
  describeRegions,
  type RegionStatus,
} from '../journeys/region-status.ts'
import type { BuildStatus } from './builds.ts'
import type { AppDeps } from './deps.ts'
import { presentRegion, type RegionJson } from './present.ts'

type Parts = Pick<AppDeps, 'outside' | 'builds'>

/**
 * The build is looked at first: one that ends meanwhile is told as running with a region that is
 * built, and never as finished with a region that is still being built.
 * @throws {NotFoundError} `region-not-found`
 */
export async function showRegion({ outside, builds }: Parts, name: string): Promise<RegionJson> {
  const build = builds.statusOf(name)
  return present(outside, await describeRegion(outside, name), build)
}

/** All regions by name. */
export async function showRegions({ outside, builds }: Parts): Promise<RegionJson[]> {
  const statuses = builds.statuses()
  return (await describeRegions(outside)).map((found) =>
    present(outside, found, statuses.get(found.region.name) ?? null),
  )
}

function present(
  outside: Parts['outside'],
  status: RegionStatus,
  build: BuildStatus | null,
): RegionJson {
  const own = build?.regionId === status.region.id ? build : null
  return presentRegion(status, { summary: summarise(outside, status, own), build: own })
}

/** A build of this process may hold no points yet; who asks over HTTP goes on over HTTP. */
function summarise(
  outside: Parts['outside'],
  status: RegionStatus,
  build: BuildStatus | null,
): string {
  const { name, problem } = status.region
  if (build?.state === 'running' && problem === null) return 'being built by this server'
  return describeBuild(outside, status, `POST /v1/regions/${name}/build`)
}
