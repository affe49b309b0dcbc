/**
 * How extracts that cannot be read are reported; one place, so that all messages name the file and
 * a next step.
 */
import { InputError, UpstreamError } from '../errors.ts'

const DOWNLOAD_AGAIN = 'Download the extract again and compare its checksum with the publisher’s.'

/**
 * Not of the bytes, but of the disk with the extract, or with temporary files: trying again can
 * help.
 */
type DiskFault = 'extract-unreadable' | 'temporary-unusable'

/** Plain form of an error about an extract; it survives the way out of a worker thread. */
export interface ExtractFault {
  readonly code:
    | 'extract-not-pbf'
    | 'extract-corrupt'
    | 'extract-truncated'
    | 'extract-compression'
    | 'extract-feature'
    | DiskFault
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

/**
 * Turns anything thrown while decoding into a fault: reading past the end of damaged bytes throws
 * all kinds.
 */
export function faultOf(error: unknown, where: string): ExtractFault {
  if (error instanceof ExtractFaultError) {
    const { code, message, hint } = error.fault
    return { code, message: `${message} (${where})`, hint }
  }
  if (isOfSystem(error)) return unreadable(error, where)
  const reason = error instanceof Error ? error.message : String(error)
  const message = `Expected readable OSM data, got "${reason}" (${where})`
  return { code: 'extract-corrupt', message, hint: DOWNLOAD_AGAIN }
}

/** Decodes bytes that may be damaged. @throws {ExtractFaultError} whatever went wrong */
export function orFault<Result>(where: string, decode: () => Result): Result {
  try {
    return decode()
  } catch (error) {
    const { code, message, hint } = faultOf(error, where)
    throw new ExtractFaultError(code, message, hint)
  }
}

/**
 * Whether the system refused to open, read or write; zlib's errors have a code as well, but no
 * call.
 */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}

function unreadable(error: Error, where: string): ExtractFault {
  return {
    code: 'extract-unreadable',
    message: `Expected a disk that can be read, got "${error.message}" (${where})`,
    hint: 'Check the disk with the extract, or copy the extract to another one.',
  }
}

/** What a reader throws for what was thrown in it: a fault is told with the name of the file. */
export function extractError(path: string, error: unknown): unknown {
  const isFault = error instanceof ExtractFaultError || isOfSystem(error)
  if (!isFault) return error
  const fault =
    error instanceof ExtractFaultError ? error.fault : faultOf(error, 'reading the file')
  const isOfDisk = fault.code === 'extract-unreadable' || fault.code === 'temporary-unusable'
  const Kind = isOfDisk ? UpstreamError : InputError
  return new Kind(fault.code, `${path}: ${fault.message}`, { hint: fault.hint })
}
