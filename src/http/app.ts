/**
 * The HTTP application: guards first and in sight, then one file of routes per noun. No port, no
 * globals.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { InputError, NotFoundError } from '../errors.ts'
import type { AppDeps, AppEnv } from './deps.ts'
import {
  guardHost,
  guardOrigin,
  limitBody,
  limitCostly,
  limitTime,
  logRequests,
  refuseUnstorable,
} from './guards.ts'
import { createMetrics } from './metrics.ts'
import { answerProblem, refuseInvalid } from './problem.ts'
import { addBuildRoutes } from './routes/builds.ts'
import { addCoverageRoutes } from './routes/coverage.ts'
import { addDocsRoutes } from './routes/docs.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addHeatmapRoutes } from './routes/heatmaps.ts'
import { addPhotoRoutes } from './routes/photos.ts'
import { addRegionRoutes } from './routes/regions.ts'
import { addSceneRoutes } from './routes/scenes.ts'

/** An application on which routes are registered. */
export type App = OpenAPIHono<AppEnv>

/** Builds the application; tests call its `request()`. */
export function createApp(deps: AppDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  app.onError(answerProblem)
  app.notFound((c) =>
    answerProblem(
      new NotFoundError('route-not-found', `Expected a path of this API, got "${c.req.path}"`, {
        hint: 'see /docs',
      }),
      c,
    ),
  )
  const metrics = createMetrics(deps.outside)
  app.use(requestId())
  app.use(metrics.watch)
  app.use(logRequests(deps.log, () => deps.outside.now()))
  // No HSTS: it would lock people out of the plain HTTP that this server speaks.
  app.use(
    secureHeaders({
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      strictTransportSecurity: false,
    }),
  )
  app.use(guardHost(deps.hostNames))
  app.use(guardOrigin)
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(', ')
        const answer = answerProblem(
          new InputError('method-not-allowed', `Expected ${allow}, got ${c.req.method}`),
          c,
        )
        answer.headers.set('allow', allow)
        return answer
      },
    }),
  )
  app.use(limitBody(deps.photoMaxBytes))
  app.use(refuseUnstorable)
  app.use(limitTime())
  app.use(limitCostly())
  addRegionRoutes(app, deps)
  addBuildRoutes(app, deps)
  addCoverageRoutes(app, deps)
  addPhotoRoutes(app, deps)
  addHeatmapRoutes(app, deps)
  addSceneRoutes(app, deps)
  addHealthRoutes(app, deps, metrics)
  addDocsRoutes(app, deps.version)
  return app
}

/**
 * Swagger UI sets styles inline; sheets and its icons use data: images. Nothing comes from
 * elsewhere.
 */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
}
