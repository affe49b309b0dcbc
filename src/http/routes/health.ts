/** Whether the process lives, and whether it can work. */
import { createRoute, z } from '@hono/zod-openapi'
import { UpstreamError } from '../../errors.ts'
import { checkReady } from '../../journeys/region-status.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { json, problems } from '../schemas.ts'

const status = z.object({ status: z.literal('ok'), version: z.string() }).openapi('Health')

const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'The process lives',
  responses: { 200: json(status, 'it does'), ...problems({}) },
})

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'The database answers and both models load',
  responses: { 200: json(status, 'ready'), ...problems({ 503: 'not ready, with the reason' }) },
})

/** Registers `/healthz` and `/readyz`. */
export function addHealthRoutes(app: App, { outside, version }: AppDeps): void {
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
