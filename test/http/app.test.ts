import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { clientOf, gridRegion, openHarness, type Harness, type ProblemAnswer } from './harness.ts'

interface Operation {
  readonly tags?: readonly string[]
  readonly responses: Readonly<Record<string, { content?: Record<string, unknown> }>>
}
interface ApiDocument {
  readonly openapi: string
  readonly tags: readonly { name: string; description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

describeOnEachDatabase('the application', (_open, place) => {
  let http: Harness

  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  const problemOf = async (response: Response) => {
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    return (await response.json()) as ProblemAnswer
  }
  const readApi = async () => (await (await http.get('/openapi.json')).json()) as ApiDocument

  describe('every request', () => {
    test('has an id, which the answer and the log repeat', async () => {
      const response = await http.get('/healthz', { 'x-request-id': 'my-id' })
      expect(response.headers.get('x-request-id')).toBe('my-id')
      const line = JSON.parse(http.logLines.at(-1) ?? '') as object
      expect(line).toMatchObject({
        method: 'GET',
        path: '/healthz',
        status: 200,
        requestId: 'my-id',
      })
    })

    test('to an unknown path answers 404, by an unknown method 405 with Allow', async () => {
      expect(await problemOf(await http.get('/v2/regions'))).toMatchObject({
        code: 'route-not-found',
      })
      const response = await http.app.request('/v1/regions', { method: 'PUT' })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toContain('POST')
      expect(await problemOf(response)).toMatchObject({ code: 'method-not-allowed' })
    })

    test('under a name that is not ours is refused: a page elsewhere rebound its name to us', async () => {
      const response = await http.app.request('http://evil.example/v1/regions')
      expect(response.status).toBe(403)
      expect(await problemOf(response)).toMatchObject({ code: 'host-forbidden' })
    })

    test('under any name is answered when the server is open to others', async () => {
      const open = createApp({ ...http.deps, hostNames: null })
      expect((await open.request('http://tower.example/healthz')).status).toBe(200)
    })

    test('that changes something from a page of another site is refused', async () => {
      const form = new FormData()
      form.set('photo', new Blob([new Uint8Array(http.town.waterPhoto)]))
      const response = await http.app.request('/v1/photos', {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
        body: form,
      })
      expect(response.status).toBe(403)
      expect(await problemOf(response)).toMatchObject({ code: 'origin-forbidden' })
    })

    test('gets no CORS header, and a policy that lets nothing in from elsewhere', async () => {
      const { headers } = await http.get('/docs', { origin: 'https://evil.example' })
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    })

    test('with a JSON body above the limit answers 413', async () => {
      const response = await http.post('/v1/heatmaps', { region: 'x'.repeat(17 * 1024 * 1024) })
      expect(response.status).toBe(413)
      expect(await problemOf(response)).toMatchObject({ code: 'body-too-large' })
    })

    test('with several faults is told all of them at once', async () => {
      const response = await http.post('/v1/regions', {
        ...gridRegion('Bad Name', http.town),
        sampling: { kind: 'grid', stepM: -1 },
        bbox: [1, 2, 3],
      })
      expect(response.status).toBe(400)
      const problem = await problemOf(response)
      expect(problem.code).toBe('request-invalid')
      const problems = problem.facts?.['problems'] as string[]
      expect(problems.map((text) => text.split(':')[0])).toEqual(['name', 'sampling.stepM', 'bbox'])
    })

    const unstorable = [
      { name: 'NUL', path: '/v1/regions/town/build', body: { retry: ['no\0tile'] } },
      { name: 'half a character', path: '/v1/regions/town/build', body: { retry: ['\ud83d'] } },
      {
        name: 'NUL',
        path: '/v1/regions',
        body: { name: 'a', sampling: { kind: 'patches' }, imagery: { kind: 'x', a: 'a\0b' } },
      },
    ]
    for (const { name, path, body } of unstorable) {
      test(`with ${name} in a text is refused: ${path}`, async () => {
        const response = await http.post(path, body)
        expect(response.status).toBe(400)
        expect(await problemOf(response)).toMatchObject({ code: 'text-invalid' })
      })
    }

    test('with a whole character in two escapes, or a backslash before u0000, is not', async () => {
      const body = '{"retry": ["\\ud83d\\ude00", "\\\\u0000"]}'
      const response = await http.app.request('/v1/regions/none/build', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(await problemOf(response)).toMatchObject({ code: 'region-not-found' })
    })

    const unusable = [
      { name: 'broken JSON', type: 'application/json', body: '{', status: 400 },
      { name: 'text', type: 'text/plain', body: '{}', status: 415 },
      { name: 'no type', type: '', body: '{}', status: 415 },
    ]
    for (const { name, type, body, status } of unusable) {
      test(`with ${name} where JSON is due answers ${status}`, async () => {
        const response = await http.app.request('/v1/heatmaps', {
          method: 'POST',
          headers: type === '' ? {} : { 'content-type': type },
          body: new TextEncoder().encode(body),
        })
        expect(response.status).toBe(status)
        await problemOf(response)
      })
    }

    test('that hits a bug answers 500 without details, and the log has the stack', async () => {
      const outside = {
        ...http.deps.outside,
        encoder: () => Promise.reject(new TypeError('inner secret')),
      }
      const client = clientOf(createApp({ ...http.deps, outside }))
      const response = await client.upload(http.town.waterPhoto)
      expect(response.status).toBe(500)
      expect(JSON.stringify(await problemOf(response))).not.toContain('secret')
      expect(http.logLines.at(-1)).toContain('TypeError: inner secret')
    })
  })

  describe('health', () => {
    test('a server with database and models is ready', async () => {
      expect((await http.get('/readyz')).status).toBe(200)
    })

    test('a server without its model is alive, not ready, and says why', async () => {
      const encoder = () => Promise.reject(new Error('no model here'))
      const client = clientOf(
        createApp({ ...http.deps, outside: { ...http.deps.outside, encoder } }),
      )
      expect((await client.get('/healthz')).status).toBe(200)
      const response = await client.get('/readyz')
      expect(response.status).toBe(503)
      expect((await problemOf(response)).detail).toContain('no model here')
    })
  })

  describe('scenes', () => {
    const lookups = [
      { q: 'soccer stadium', names: ['stadium/soccer'] },
      { q: 'harbour', names: ['harbor'] },
    ]
    for (const { q, names } of lookups) {
      test(`"${q}" means ${names.join(' or ')}`, async () => {
        const response = await http.get(`/v1/scenes?q=${encodeURIComponent(q)}`)
        const { scenes } = (await response.json()) as { scenes: { name: string }[] }
        expect(scenes.map(({ name }) => name)).toEqual(names)
      })
    }

    test('without words all 365 are listed; words that mean none tell the nearest', async () => {
      const { scenes } = (await (await http.get('/v1/scenes')).json()) as { scenes: object[] }
      expect(scenes).toHaveLength(365)
      const response = await http.get('/v1/scenes?q=harbur')
      expect(response.status).toBe(422)
      expect((await problemOf(response)).detail).toContain('harbor')
    })

    test('each says whether the overhead model learned it from labelled ground', async () => {
      const { outside } = http.deps
      const encoder: typeof outside.encoder = async (view) => {
        const found = await outside.encoder(view)
        return { ...found, card: { ...found.card, taughtScenes: [3, 364] } }
      }
      const app = createApp({ ...http.deps, outside: { ...outside, encoder } })
      const { scenes } = (await (await app.request('/v1/scenes')).json()) as {
        scenes: { index: number; isLearned: boolean }[]
      }
      const learned = scenes.filter(({ isLearned }) => isLearned).map(({ index }) => index)
      expect(learned).toEqual([3, 364])
    })
  })

  describe('the description of the API', () => {
    test('is an OpenAPI 3.1 document that names every route', async () => {
      const api = await readApi()
      expect(api.openapi).toBe('3.1.0')
      const documented = Object.entries(api.paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method} ${path}`),
      )
      const registered = http.app.routes
        .filter(
          ({ method, path }) => method !== 'ALL' && /^\/(v1|healthz|readyz|metrics)/.test(path),
        )
        .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)
      expect([...new Set(registered)].sort()).toEqual(documented.sort())
    })

    test('puts every operation in one group, and says what each group is for', async () => {
      const { paths, tags } = await readApi()
      const used = Object.values(paths).flatMap((operations) =>
        Object.values(operations).map((operation) => operation.tags?.join()),
      )
      expect(new Set(used)).toEqual(new Set(tags.map(({ name }) => name)))
      expect(tags.every(({ description }) => description.length > 0)).toBe(true)
    })

    test('documents the problems of every route', async () => {
      const { paths } = await readApi()
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          const problems = Object.entries(responses).filter(([status]) => Number(status) >= 400)
          expect(problems.length, `${method} ${path}`).toBeGreaterThan(2)
          for (const [status, { content }] of problems) {
            expect(content, `${method} ${path} ${status}`).toHaveProperty(
              'application/problem+json',
            )
          }
        }
      }
    })

    test('every documented operation answers with a documented status', async () => {
      const { paths } = await readApi()
      for (const [path, operations] of Object.entries(paths)) {
        const real = path.replace('{name}', 'none').replace('{id}', '0'.repeat(64))
        for (const [method, { responses }] of Object.entries(operations)) {
          const response = await http.app.request(real, { method: method.toUpperCase() })
          expect(Object.keys(responses), `${method} ${path}`).toContain(String(response.status))
        }
      }
    })

    test('its page is served whole from here', async () => {
      const page = await (await http.get('/docs')).text()
      const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
      expect(parts).toHaveLength(3)
      for (const path of parts) {
        const response = await http.get(path)
        expect(response.status, path).toBe(200)
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50)
      }
    })

    test('who asks for nothing is led to it', async () => {
      for (const path of ['/', '/docs/']) {
        const { status, headers } = await http.get(path)
        expect({ status, to: headers.get('location') }).toEqual({ status: 302, to: '/docs' })
      }
    })
  })
})
