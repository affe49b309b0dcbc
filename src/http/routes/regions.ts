/** Regions: create, watch, delete. */
import { createRoute, z } from '@hono/zod-openapi'
import { createRegion } from '../../journeys/create-region.ts'
import { describeRegion, removeRegion } from '../../journeys/region-status.ts'
import { requestRegion } from '../../journeys/request-region.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { showRegion, showRegions } from '../show-region.ts'
import { regionBody, regionList, regionSchema } from '../region-schemas.ts'
import { json, problems, regionName } from '../schemas.ts'

const params = z.object({ name: regionName })
const invalid = { 400: 'the request cannot be used' }
const missing = { ...invalid, 404: 'no such region' }

const create = createRoute({
  tags: ['regions'],
  method: 'post',
  path: '/v1/regions',
  summary: 'Create a region and draw its points',
  request: { body: { required: true, content: { 'application/json': { schema: regionBody } } } },
  responses: {
    201: {
      ...json(regionSchema, 'created, ready to be built'),
      headers: { location: { schema: { type: 'string' }, description: 'path of the region' } },
    },
    ...problems({
      ...invalid,
      403: 'the server may not read this source',
      404: 'no such boundary in the extract',
      409: 'a region of this name exists',
      413: 'the body is too large',
      415: 'the body is not JSON',
      422: 'extract or imagery cannot be used',
      429: 'others are being created; ask again after Retry-After',
      502: 'the imagery or the database did not answer',
    }),
  },
})

const list = createRoute({
  tags: ['regions'],
  method: 'get',
  path: '/v1/regions',
  summary: 'All regions',
  responses: { 200: json(regionList, 'by name'), ...problems({}) },
})

const show = createRoute({
  tags: ['regions'],
  method: 'get',
  path: '/v1/regions/{name}',
  summary: 'A region and the progress of its build',
  request: { params },
  responses: { 200: json(regionSchema, 'the region'), ...problems(missing) },
})

const showBoundary = createRoute({
  tags: ['regions'],
  method: 'get',
  path: '/v1/regions/{name}/boundary',
  summary: 'The polygon being searched',
  request: { params },
  responses: {
    200: {
      content: { 'application/geo+json': { schema: z.looseObject({ type: z.string() }) } },
      description: 'a GeoJSON Polygon or MultiPolygon',
    },
    ...problems(missing),
  },
})

const remove = createRoute({
  tags: ['regions'],
  method: 'delete',
  path: '/v1/regions/{name}',
  summary: 'Delete a region with its points, embeddings and heatmaps',
  request: { params },
  responses: {
    204: { description: 'deleted' },
    ...problems({ ...missing, 409: 'it is being built' }),
  },
})

/** Registers the routes of regions. */
export function addRegionRoutes(app: App, deps: AppDeps): void {
  const { outside, builds } = deps

  app.openapi(create, async (c) => {
    const { signal } = c.req.raw
    const checked = { ...outside, allowed: deps.allowed, signal }
    const request = await requestRegion(c.req.valid('json'), checked)
    const warnings: string[] = []
    const { name } = await createRegion(outside, request, {
      signal,
      onWarning: (message) => warnings.push(message),
    })
    c.header('location', `/v1/regions/${name}`)
    return c.json({ ...(await showRegion(deps, name)), warnings }, 201)
  })
  app.openapi(list, async (c) => c.json({ regions: await showRegions(deps) }, 200))
  app.openapi(show, async (c) => c.json(await showRegion(deps, c.req.valid('param').name), 200))
  app.openapi(showBoundary, async (c) => {
    const { region } = await describeRegion(outside, c.req.valid('param').name)
    const { type, coordinates } = region.boundary
    return c.json({ type, coordinates }, 200, { 'content-type': 'application/geo+json' })
  })
  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param')
    builds.refuseWhileRunning(name)
    await removeRegion(outside, name)
    builds.forget(name)
    return c.body(null, 204)
  })
}
