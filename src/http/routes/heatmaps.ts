/** Heatmaps: ask, and fetch in every form by `Accept` or ending. */
import { createRoute, z } from '@hono/zod-openapi'
import { askHeatmap, readHeatmap, sheetOfHeatmap } from '../../journeys/ask-heatmap.ts'
import { toImageryDates } from '../../journeys/imagery-dates.ts'
import { renderHeatmap } from '../../journeys/render-heatmap.ts'
import type { HeatmapAnswer, HeatmapRequest } from '../../journeys/ask-heatmap.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { chooseForm, formsOf, lackingFormsOf, splitEnding } from '../negotiate.ts'
import type { HeatmapForm } from '../negotiate.ts'
import { presentHeatmap } from '../present.ts'
import { heatmapBody, heatmapFile, heatmapSchema, json, problems } from '../schemas.ts'

const location = {
  location: { schema: { type: 'string' as const }, description: 'path of the heatmap' },
}
const binary = { schema: { type: 'string' as const, format: 'binary' } }
const text = { schema: { type: 'string' as const } }

const NOTICE_HEADER = 'whereabouts-notice'

const ask = createRoute({
  tags: ['heatmaps'],
  method: 'post',
  path: '/v1/heatmaps',
  summary: 'Search a region for photos, embeddings or a scene',
  request: { body: { required: true, content: { 'application/json': { schema: heatmapBody } } } },
  responses: {
    200: { ...json(heatmapSchema, 'asked before, and nothing has changed'), headers: location },
    201: { ...json(heatmapSchema, 'computed'), headers: location },
    ...problems({
      400: 'the question cannot be used',
      404: 'no such region or photo, or the region has no embeddings yet',
      413: 'the body is too large',
      415: 'the body is not JSON',
      422: 'no scene is meant, or several',
      429: 'others are being computed; ask again after Retry-After',
    }),
  },
})

const show = createRoute({
  tags: ['heatmaps'],
  method: 'get',
  path: '/v1/heatmaps/{id}',
  summary: 'A heatmap, as the form that Accept or the ending names',
  request: { params: z.object({ id: heatmapFile }) },
  responses: {
    200: {
      description: 'the heatmap; `sheet` (HTML) only of photos, GeoTIFF only of squares',
      content: {
        'application/json': { schema: heatmapSchema },
        'application/geo+json': { schema: { type: 'object' as const } },
        'text/csv': text,
        'application/vnd.google-earth.kml+xml': text,
        'image/tiff': binary,
        'image/png': binary,
        'text/html': text,
      },
      headers: {
        [NOTICE_HEADER]: {
          schema: { type: 'string' as const },
          description: 'of CSV: what limits the result, as `note` of the JSON answer',
        },
      },
    },
    ...problems({
      400: 'the id cannot be used',
      404: 'no such heatmap',
      406: 'no such form; the list of those that there are',
      502: 'the imagery for the sheet did not answer',
    }),
  },
})

/** Registers the routes of heatmaps. */
export function addHeatmapRoutes(app: App, deps: AppDeps): void {
  app.openapi(ask, async (c) => {
    const { answer, isNew } = await askHeatmap(deps, toRequest(c.req.valid('json')))
    c.header('location', `/v1/heatmaps/${answer.id}`)
    return c.json(presentHeatmap(answer), isNew ? 201 : 200)
  })
  app.openapi(show, async (c) => {
    const { id, ending } = splitEnding(c.req.valid('param').id)
    const answer = await readHeatmap(deps.outside, id)
    const asked = { ending, accept: c.req.header('accept') }
    const form = chooseForm(formsOf(answer.heatmap), asked, lackingFormsOf(answer.heatmap))
    const bytes = await bytesOf(deps, answer, form)
    const charset = form.mediaType.startsWith('text/') ? '; charset=utf-8' : ''
    // Every other form carries it in itself.
    if (form.format === 'csv') c.header(NOTICE_HEADER, answer.notice)
    return c.body(bytes, 200, { 'content-type': form.mediaType + charset, vary: 'accept' })
  })
}

function toRequest(body: z.output<typeof heatmapBody>): HeatmapRequest {
  const { region, cells, known } = body
  return {
    region,
    cells,
    about: aboutOf(body),
    groupWeights: body.groupWeights ?? null,
    candidateCount: body.candidates,
    known: known === undefined ? null : { lon: known[0], lat: known[1] },
    dates: toImageryDates(body),
  }
}

function aboutOf({
  photos,
  embeddings,
  scene,
}: z.output<typeof heatmapBody>): HeatmapRequest['about'] {
  if (photos !== undefined) return { kind: 'photos', ids: photos }
  if (embeddings !== undefined) return { kind: 'embeddings', embeddings }
  if (scene !== undefined) return { kind: 'scene', expression: scene }
  return { kind: 'best' }
}

async function bytesOf(
  deps: AppDeps,
  answer: HeatmapAnswer,
  { format }: HeatmapForm,
): Promise<Uint8Array<ArrayBuffer>> {
  const encode = (content: string) => new TextEncoder().encode(content)
  if (format === 'summary') return encode(JSON.stringify(presentHeatmap(answer)))
  if (format === 'sheet') return encode(await sheetOfHeatmap(deps, answer))
  const { bytes } = await renderHeatmap(deps.outside, answer.heatmap, format)
  return new Uint8Array(bytes)
}
