/** What of a region can be searched, and what the rest of its build will cost. */
import { createRoute, z } from '@hono/zod-openapi'
import { estimateRest, SAMPLES_MAX } from '../../journeys/estimate-region.ts'
import { coverRegion } from '../../journeys/region-coverage.ts'
import { COVERAGE_FORMATS, renderCoverage } from '../../journeys/render-coverage.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { chooseForm } from '../negotiate.ts'
import { presentCoverage } from '../present.ts'
import { cellsQuery, coverageSchema, estimateSchema } from '../coverage-schemas.ts'
import { json, problems, regionName } from '../schemas.ts'

const params = z.object({ name: regionName })
const missing = { 400: 'the request cannot be used', 404: 'no such region' }
const text = { schema: { type: 'string' as const } }

/** First the summary: it is what a client gets that takes anything. */
const FORMS = [
  { format: 'summary' as const, mediaType: 'application/json', ending: 'json' },
  ...COVERAGE_FORMATS,
]

const coverage = createRoute({
  tags: ['regions'],
  method: 'get',
  path: '/v1/regions/{name}/coverage',
  summary:
    'Points per cell and why others have no imagery, as the form that Accept or format names',
  request: {
    params,
    query: z.object({
      cells: cellsQuery,
      format: z.enum(['json', 'geojson', 'csv', 'txt', 'png']).optional().openapi({
        description: 'instead of Accept; json: totals, txt: and the worst cells, png: a map',
      }),
    }),
  },
  responses: {
    200: {
      description: 'the coverage; GeoJSON and CSV hold every cell that has points',
      content: {
        'application/json': { schema: coverageSchema },
        'application/geo+json': { schema: { type: 'object' as const } },
        'text/csv': text,
        'text/plain': text,
        'image/png': { schema: { type: 'string' as const, format: 'binary' } },
      },
    },
    ...problems({
      ...missing,
      406: 'no such form; the list of those that there are',
      429: 'others are being counted; ask again after Retry-After',
    }),
  },
})

const estimate = createRoute({
  tags: ['regions'],
  method: 'get',
  path: '/v1/regions/{name}/estimate',
  summary: 'What is left of a build: requests per host, bytes, time, and the terms of the imagery',
  request: {
    params,
    query: z.object({
      sample: z.coerce.number().int().min(0).max(SAMPLES_MAX).default(0).openapi({
        description: 'fetch so many patches on trial, to measure the imagery; 0 fetches none',
      }),
      dense: z
        .union([z.literal('true'), z.coerce.number().positive()])
        .optional()
        .openapi({
          description:
            'of a dense build, a patch every so many metres; true: the stride of the model',
          example: '16',
        }),
    }),
  },
  responses: {
    200: json(estimateSchema, 'the estimate'),
    ...problems({
      ...missing,
      409: 'nothing is left to build',
      429: 'another one is being made; ask again after Retry-After',
      502: 'the imagery did not answer',
    }),
  },
})

/** Registers `coverage` and `estimate` of regions. */
export function addCoverageRoutes(app: App, { outside }: AppDeps): void {
  app.openapi(coverage, async (c) => {
    const { cells, format = null } = c.req.valid('query')
    const asked = { ending: format, accept: c.req.header('accept') }
    const form = chooseForm(FORMS, asked)
    const found = await coverRegion(outside, { name: c.req.valid('param').name, cells })
    if (form.format === 'summary') return c.json(presentCoverage(found, cells), 200, VARY)
    const { bytes, mediaType } = await renderCoverage(outside, found, form.format)
    const charset = mediaType.startsWith('text/') ? '; charset=utf-8' : ''
    return c.body(new Uint8Array(bytes), 200, { ...VARY, 'content-type': mediaType + charset })
  })
  app.openapi(estimate, async (c) => {
    const { name } = c.req.valid('param')
    const { sample, dense } = c.req.valid('query')
    const denseM = dense === 'true' ? null : dense
    const options = { sampleCount: sample, signal: c.req.raw.signal, denseM }
    const { requests, terms, ...found } = await estimateRest(outside, name, options)
    const shown = requests && { ...requests, hosts: [...requests.hosts] }
    return c.json({ ...found, requests: shown, terms: [...terms] }, 200)
  })
}

const VARY = { vary: 'accept' }
