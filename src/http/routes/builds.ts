/** Builds of regions: start, stop, and again where there is newer imagery. */
import { createRoute, z } from '@hono/zod-openapi'
import { requestImagery } from '../../journeys/allowed-sources.ts'
import { detachBuild, endBuild, refuseDetached } from '../../journeys/build-region.ts'
import { refreshRegion } from '../../journeys/refresh-region.ts'
import { describeRegion } from '../../journeys/region-status.ts'
import { settleBuild } from '../../journeys/request-build.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { showRegion } from '../show-region.ts'
import { buildBody, refreshBody, refreshedSchema, regionSchema } from '../region-schemas.ts'
import { json, problems, regionName } from '../schemas.ts'

const params = z.object({ name: regionName })
const missing = { 400: 'the request cannot be used', 404: 'no such region' }
const unusable = { 413: 'the body is too large', 415: 'the body is not JSON' }

const builder = z.object({
  by: z.enum(['server', 'workers']).default('server').openapi({
    description: 'server: here, workers help; workers: by `whereabouts worker` alone (PostgreSQL)',
  }),
})
type Builder = z.output<typeof builder>['by']

const startBuild = createRoute({
  tags: ['builds'],
  method: 'post',
  path: '/v1/regions/{name}/build',
  summary: 'Embed the points that have no embedding yet; goes on when the client leaves',
  request: {
    params,
    query: builder,
    body: { required: false, content: { 'application/json': { schema: buildBody } } },
  },
  responses: {
    202: json(regionSchema, 'started; ask for the region to see its progress'),
    ...problems({
      ...missing,
      ...unusable,
      409: 'it is being built already, by another model, or in another way',
      502: 'the imagery or the database did not answer',
    }),
  },
})

const stopBuild = createRoute({
  tags: ['builds'],
  method: 'delete',
  path: '/v1/regions/{name}/build',
  summary: 'Stop a build wherever it runs; what is done stays, the rest can be built later',
  request: { params },
  responses: {
    200: json(regionSchema, 'stopped'),
    ...problems({ ...missing, 404: 'no such region, or it is not being built' }),
  },
})

const refresh = createRoute({
  tags: ['builds'],
  method: 'post',
  path: '/v1/regions/{name}/refresh',
  summary: 'Embed what has newer imagery beside what there is; goes on when the client leaves',
  request: {
    params,
    query: builder,
    body: { required: false, content: { 'application/json': { schema: refreshBody } } },
  },
  responses: {
    200: json(refreshedSchema, 'there is nothing newer'),
    202: json(refreshedSchema, 'started; ask for the region to see its progress'),
    ...problems({
      ...missing,
      ...unusable,
      403: 'the server may not read this source',
      409: 'it is being built, or dense',
      429: 'others are being refreshed; ask again after Retry-After',
      502: 'the imagery or the database did not answer',
    }),
  },
})

/** Registers the routes of builds. */
export function addBuildRoutes(app: App, deps: AppDeps): void {
  const { outside, builds } = deps
  const start = async (name: string, by: Builder) => {
    if (by === 'workers') await detachBuild(outside, name)
    else builds.start((await describeRegion(outside, name)).region)
  }

  app.openapi(startBuild, async (c) => {
    const { name } = c.req.valid('param')
    const { dense, vintages, retry } = c.req.valid('json')
    const { by } = c.req.valid('query')
    builds.refuseWhileRunning(name)
    if (by === 'workers') await refuseDetached(outside, name)
    const isHere = by !== 'workers'
    const wish = { denseM: dense === true ? null : dense, vintages, retry, isHere }
    const { warnings } = await settleBuild(outside, name, wish)
    await start(name, by)
    return c.json({ ...(await showRegion(deps, name)), warnings: [...warnings] }, 202)
  })
  app.openapi(stopBuild, async (c) => {
    const { name } = c.req.valid('param')
    const { region } = await describeRegion(outside, name)
    const isElsewhere = region.state === 'building' && !builds.isRunning(name)
    if (!isElsewhere) await builds.stop(name)
    await endBuild(outside, name)
    return c.json(await showRegion(deps, name), 200)
  })
  app.openapi(refresh, async (c) => {
    const { name } = c.req.valid('param')
    const { imagery, vintages, all = false } = c.req.valid('json')
    builds.refuseWhileRunning(name)
    const { by } = c.req.valid('query')
    if (by === 'workers') await refuseDetached(outside, name, 'region refresh')
    const checked = imagery === undefined ? undefined : await requestImagery(imagery, deps.allowed)
    const request = { name, imagery: checked, vintages, isAll: all }
    const progress = { signal: c.req.raw.signal, onLook: () => undefined }
    const found = await refreshRegion(outside, request, progress)
    const { looked, waiting, uncovered, open } = found
    if (open > 0) await start(name, by)
    const answer = { looked, waiting, uncovered, region: await showRegion(deps, name) }
    return open > 0 ? c.json(answer, 202) : c.json(answer, 200)
  })
}
