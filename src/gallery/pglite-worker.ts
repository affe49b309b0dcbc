/** Entry of the thread that PGlite runs in: calls in, answers out. @io database */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { openSession } from './pglite-session.ts'
import type { Answer, Call, Setup } from './pglite-thread.ts'

function serve(port: MessagePort, { folder, program }: Setup): void {
  const opening = openSession(folder, program)
  const answer = async ({ id, request }: Call): Promise<Answer> => {
    try {
      const session = await opening
      if (request.kind !== 'close') return { id, rows: await session.run(request) }
      await session.close()
      return { id }
    } catch (error) {
      const { message, code } = error as Error & { code?: unknown }
      return { id, error: { message, code } }
    }
  }
  port.on('message', (call: Call) => void answer(call).then((reply) => port.postMessage(reply)))
}

if (parentPort !== null) serve(parentPort, workerData as Setup)
