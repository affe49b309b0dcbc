/** Entry of a decoder thread: orders in, answers out. @io disk */
import { parentPort, workerData } from 'node:worker_threads'
import { buffersIn, type Answer, type Order } from './decoder-pool.ts'
import { ExtractDecoder, type DecoderSetup } from './extract-decoder.ts'
import { faultOf } from './pbf-errors.ts'

const decoder = new ExtractDecoder(workerData as DecoderSetup)

parentPort?.on('message', ({ number, job }: Order) => {
  try {
    const result = 'kind' in job ? decoder.run(job) : undefined
    if (!('kind' in job)) decoder.share(job)
    parentPort?.postMessage({ number, result } satisfies Answer, buffersIn(result))
  } catch (error) {
    parentPort?.postMessage({ number, fault: faultOf(error, 'decoder thread') } satisfies Answer)
  }
})
