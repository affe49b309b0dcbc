import { afterEach, describe, expect, test } from 'vitest'
import { HostGates } from '../../src/imagery/host-gate.ts'
import { HttpClient, type HttpRequest } from '../../src/imagery/http-client.ts'
import { politeness } from '../../src/imagery/kinds/common.ts'
import { startTileServer, type TileHandler, type TileServer } from '../fixtures/tile-server.ts'

const { signal } = new AbortController()
const servers: TileServer[] = []
const hosts = new HostGates()

async function start(handler: TileHandler): Promise<TileServer> {
  const server = await startTileServer(handler)
  servers.push(server)
  return server
}
const client = (options: object = {}, secrets: Record<string, string> = {}): HttpClient =>
  new HttpClient(politeness.parse({ requestsPerSecond: 1000, ...options }), {
    hosts,
    secrets,
  })
const first = (server: TileServer): string => server.url.replace('{z}/{x}/{y}', '1/0/0')
const get = (request: HttpRequest, options?: object, secrets?: Record<string, string>) =>
  client(options, secrets).get(request, signal)

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

describe('HttpClient', () => {
  test('does not let a server lead it to another host', async () => {
    const inner = await start(() => ({}))
    const outer = await start(() => ({ status: 302, headers: { location: first(inner) } }))
    await expect(get({ url: first(outer) })).rejects.toMatchObject({
      code: 'tiles-refused',
      facts: { status: 302 },
    })
    expect(inner.requests).toEqual([])
  })

  test('follows a redirect on the same host, but not in circles', async () => {
    const server = await start(({ x }) =>
      x === 0 ? { status: 302, headers: { location: '/1/1/0' } } : { body: new Uint8Array([7]) },
    )
    expect([...(await get({ url: first(server) })).bytes]).toEqual([7])
    const circle = await start(() => ({ status: 302, headers: { location: '/1/0/0' } }))
    await expect(get({ url: first(circle) })).rejects.toMatchObject({ code: 'tiles-refused' })
    expect(circle.requests.length).toBe(4)
  })

  test('asks for a range, and tells how long the whole file is', async () => {
    const server = await start(() => ({
      status: 206,
      headers: { 'content-range': 'bytes 2-3/10' },
      body: new Uint8Array([2, 3]),
    }))
    const answer = await get({ url: first(server), range: [2, 3] })
    expect(answer.status).toBe(206)
    expect(server.requests[0]?.headers['range']).toBe('bytes=2-3')
  })

  test('sends headers whose values are in the environment, and shows them to nobody', async () => {
    const server = await start((_, count) =>
      count === 0
        ? { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('bad 5ecret') }
        : { status: 403 },
    )
    const error = await get(
      { url: first(server), check: ({ bytes }) => Buffer.from(bytes).toString() },
      { headersEnv: { 'subscription-key': 'MAPS' } },
      { MAPS: '5ecret' },
    ).catch((caught: unknown) => caught)
    expect(server.requests[0]?.headers['subscription-key']).toBe('5ecret')
    expect(JSON.stringify(error) + String(error)).not.toContain('5ecret')
    expect(server.requests.length).toBe(2)
  })

  test('refuses more bytes than it was told to expect', async () => {
    const server = await start(() => ({ body: new Uint8Array(100) }))
    await expect(get({ url: first(server), maxBytes: 99 })).rejects.toThrow(/at most 99 bytes/)
    expect(server.requests.length).toBe(1)
  })

  test('gives up waiting when it is told to', async () => {
    const server = await start(() => new Promise(() => {}))
    const stop = new AbortController()
    const answer = client().get({ url: first(server) }, stop.signal)
    setTimeout(() => stop.abort(), 50)
    await expect(answer).rejects.toThrow(/abort/)
  })

  test('asks again when a server does not answer in time', async () => {
    const server = await start(async (_, count) => {
      if (count === 0) await new Promise((resolve) => setTimeout(resolve, 1500))
      return { body: new Uint8Array([1]) }
    })
    await get({ url: first(server) }, { timeoutS: 0.7 })
    expect(server.requests.length).toBe(2)
  })
})
