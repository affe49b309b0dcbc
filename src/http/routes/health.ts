/** Whether the process lives, whether it can work, and how it does. */
import { createRoute, z } from '@hono/zod-openapi'
import { UpstreamError } from '../../errors.ts'
import { checkReady } from '../../journeys/region-status.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import type { Metrics } from '../metrics.ts'
import { json, problems } from '../schemas.ts'

const status = z.object({ status: z.literal('ok'), version: z.string() }).openapi('Health')

const health = createRoute({
  tags: ['server'],
  method: 'get',
  path: '/healthz',
  summary: 'The process lives',
  responses: { 200: json(status, 'it does'), ...problems({}) },
})

const ready = createRoute({
  tags: ['server'],
  method: 'get',
  path: '/readyz',
  summary: 'The database answers and both models load',
  responses: { 200: json(status, 'ready'), ...problems({ 503: 'not ready, with the reason' }) },
})

const measured = createRoute({
  tags: ['server'],
  method: 'get',
  path: '/metrics',
  summary: 'Requests, points by state and requests to hosts of imagery, for Prometheus',
  responses: {
    200: {
      description: 'the exposition format of Prometheus',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...problems({}),
  },
})

/** Registers `/healthz`, `/readyz` and `/metrics`. */
export function addHealthRoutes(app: App, { outside, version }: AppDeps, metrics: Metrics): void {
  app.openapi(measured, async (c) =>
    c.text(await metrics.render(), 200, { 'content-type': metrics.mediaType }),
  )
  app.openapi(health, (c) => c.json({ status: 'ok' as const, version }, 200))
  app.openapi(ready, async (c) => {
    await checkReady(outside).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : 'unknown error'
      throw new UpstreamError('not-ready', `Expected database and models, got: ${reason}`, {
        cause,
      })
    })
    return c.json({ status: 'ok' as const, version }, 200)
  })
}
