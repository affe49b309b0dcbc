/** How extracts that cannot be read are reported; one place, so that all messages name the file and a next step. */
import { InputError } from '../errors.ts'

const DOWNLOAD_AGAIN = 'Download the extract again and compare its checksum with the publisher’s.'

/** Plain form of an error about an extract; it survives the way out of a worker thread. */
export interface ExtractFault {
  readonly code:
    | 'extract-not-pbf'
    | 'extract-corrupt'
    | 'extract-truncated'
    | 'extract-compression'
    | 'extract-feature'
  readonly message: string
  readonly hint: string
}

/** Thrown while bytes are decoded, where the file's name is not known yet. */
export class ExtractFaultError extends Error {
  readonly fault: ExtractFault

  constructor(code: ExtractFault['code'], message: string, hint: string = DOWNLOAD_AGAIN) {
    super(message)
    this.fault = { code, message, hint }
  }
}

/** Turns anything thrown while decoding into a fault: reading past the end of damaged bytes throws all kinds. */
export function faultOf(error: unknown, where: string): ExtractFault {
  if (error instanceof ExtractFaultError) {
    const { code, message, hint } = error.fault
    return { code, message: `${message} (${where})`, hint }
  }
  const reason = error instanceof Error ? error.message : String(error)
  const message = `Expected readable OSM data, got "${reason}" (${where})`
  return { code: 'extract-corrupt', message, hint: DOWNLOAD_AGAIN }
}

/** Names the file in a fault, for the caller of the reader. */
export function extractError(path: string, fault: ExtractFault): InputError {
  return new InputError(fault.code, `${path}: ${fault.message}`, { hint: fault.hint })
}
