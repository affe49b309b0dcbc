/** The 365 scenes, and how words find them. */
import { createRoute, z } from '@hono/zod-openapi'
import { listScenes } from '../../scenes.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { json, problems, scenesSchema } from '../schemas.ts'

const query = z.object({
  q: z.string().max(200).optional().openapi({
    description: 'a class, words for one, or an alias; absent: all',
    example: 'soccer stadium',
  }),
})

const list = createRoute({
  tags: ['scenes'],
  method: 'get',
  path: '/v1/scenes',
  summary: 'Scenes by words, or all',
  request: { query },
  responses: {
    200: json(scenesSchema, 'every scene that the words can mean'),
    ...problems({ 400: 'the words are too long', 422: 'no scene is meant; the nearest are told' }),
  },
})

/** Registers `/v1/scenes`. */
export function addSceneRoutes(app: App, { outside }: AppDeps): void {
  app.openapi(list, async (c) => {
    const { taughtScenes } = (await outside.encoder('overhead')).card
    const scenes = listScenes(c.req.valid('query').q).map((scene) => ({
      ...scene,
      groups: [...scene.groups],
      isLearned: taughtScenes?.includes(scene.index) ?? true,
    }))
    return c.json({ scenes }, 200)
  })
}
