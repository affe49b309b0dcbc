/** Entry of a decoder thread: phases in, answers out. @io disk */
import { parentPort, workerData } from 'node:worker_threads'
import { buffersIn, type Answer } from './decoder-pool.ts'
import { ExtractDecoder, type DecoderSetup, type Phase } from './extract-decoder.ts'
import { faultOf } from './pbf-errors.ts'

const decoder = new ExtractDecoder(workerData as DecoderSetup)

parentPort?.on('message', (phase: Phase) => {
  try {
    const steps = decoder.work(phase)
    let step = steps.next()
    while (!step.done) step = steps.next()
    parentPort?.postMessage({ result: step.value } satisfies Answer, buffersIn(step.value))
  } catch (error) {
    parentPort?.postMessage({ fault: faultOf(error, 'decoder thread') } satisfies Answer)
  }
})
