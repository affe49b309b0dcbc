/**
 * Photos: upload, describe, delete. Neither bytes nor EXIF positions are ever answered or logged.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { InputError } from '../../errors.ts'
import { describePhoto, forgetPhoto, keepPhoto } from '../../journeys/keep-photo.ts'
import type { App } from '../app.ts'
import type { AppDeps } from '../deps.ts'
import { json, photoId, photoSchema, problems } from '../schemas.ts'

const params = z.object({ id: photoId })
const missing = { 400: 'the id cannot be used', 404: 'no such photo' }

const upload = createRoute({
  tags: ['photos'],
  method: 'post',
  path: '/v1/photos',
  summary: 'Upload a photo: as a form with the part `photo`, or as the body itself',
  request: {
    body: {
      required: true,
      // Plain schemas, not zod: a body of 25 MB is not for a validator.
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: ['photo'],
            properties: { photo: { type: 'string', format: 'binary' } },
          },
        },
        'image/*': { schema: { type: 'string', format: 'binary' } },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    },
  },
  responses: {
    201: {
      ...json(photoSchema, 'kept; the same bytes give the same id'),
      headers: { location: { schema: { type: 'string' }, description: 'path of the photo' } },
    },
    ...problems({
      400: 'no photo in the request',
      413: 'larger than --photo-max-mb, or too many pixels',
      415: 'not a picture that can be decoded',
      422: 'a picture of a single colour, or of less than 32 px',
      429: 'others are being taken; ask again after Retry-After',
    }),
  },
})

const show = createRoute({
  tags: ['photos'],
  method: 'get',
  path: '/v1/photos/{id}',
  summary: 'What a photo shows',
  request: { params },
  responses: { 200: json(photoSchema, 'the photo'), ...problems(missing) },
})

const remove = createRoute({
  tags: ['photos'],
  method: 'delete',
  path: '/v1/photos/{id}',
  summary: 'Remove a photo, its bytes and its embedding',
  request: { params },
  responses: { 204: { description: 'removed' }, ...problems(missing) },
})

/** Registers the routes of photos. */
export function addPhotoRoutes(app: App, deps: AppDeps): void {
  app.openapi(upload, async (c) => {
    const photo = await keepPhoto(deps, await readPhoto(c))
    c.header('location', `/v1/photos/${photo.id}`)
    return c.json({ ...photo, scenes: [...photo.scenes] }, 201)
  })
  app.openapi(show, async (c) => {
    const photo = await describePhoto(deps, c.req.valid('param').id)
    return c.json({ ...photo, scenes: [...photo.scenes] }, 200)
  })
  app.openapi(remove, async (c) => {
    await forgetPhoto(deps, c.req.valid('param').id)
    return c.body(null, 204)
  })
}

const HOW_TO_SEND =
  'curl -F photo=@photo.jpg, or curl -H "Content-Type: image/jpeg" --data-binary @photo.jpg'

async function readPhoto(c: Context): Promise<Uint8Array> {
  const type = c.req.header('content-type')?.toLowerCase() ?? ''
  if (type.startsWith('image/') || type.startsWith('application/octet-stream')) {
    return refuseEmpty(new Uint8Array(await c.req.arrayBuffer()))
  }
  if (!type.startsWith('multipart/form-data')) {
    throw new InputError('media-type', `Expected multipart/form-data or image/*, got "${type}"`, {
      hint: HOW_TO_SEND,
    })
  }
  const { photo } = await c.req.parseBody({ all: true }).catch((cause: unknown) => {
    throw new InputError('photo-missing', 'Expected a multipart form, got one that is broken', {
      hint: HOW_TO_SEND,
      cause,
    })
  })
  if (Array.isArray(photo)) {
    const got = `got ${photo.length} parts "photo"`
    throw new InputError('photo-several', `Expected one photo in a request, ${got}`, {
      hint: 'upload each by itself, and ask for a heatmap with all of their ids',
    })
  }
  if (!(photo instanceof File)) {
    throw new InputError('photo-missing', 'Expected a file in the form part "photo", got none', {
      hint: HOW_TO_SEND,
    })
  }
  return refuseEmpty(new Uint8Array(await photo.arrayBuffer()))
}

function refuseEmpty(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) return bytes
  throw new InputError('photo-missing', 'Expected the bytes of a photo, got none', {
    hint: 'look at the file: it is empty, or was not found by what sent it',
  })
}
