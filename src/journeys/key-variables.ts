/** Which environment variables a source that somebody else wrote may have sent to its host. */
import { InputError } from '../errors.ts'

const KEY_ENV = /^WHEREABOUTS_IMAGERY_KEY(_[A-Z0-9_]+)?$/

/** Where a source names variables. */
export interface VariableFields {
  readonly kind?: unknown
  readonly keyEnv?: string | undefined
  readonly headersEnv?: Readonly<Record<string, string>> | undefined
}

/**
 * Lets imagery keys through, and nothing else that the environment may hold.
 * @throws {InputError} `source-forbidden`
 */
export function refuseOtherVariables({ keyEnv, headersEnv = {} }: VariableFields): void {
  const names = [keyEnv ?? [], Object.values(headersEnv)].flat()
  const other = names.find((name) => !KEY_ENV.test(name))
  if (other === undefined) return
  throw new InputError(
    'source-forbidden',
    `Expected a variable WHEREABOUTS_IMAGERY_KEY… for the imagery's key, got "${other}"`,
    {
      hint: 'from others only WHEREABOUTS_IMAGERY_KEY and WHEREABOUTS_IMAGERY_KEY_<NAME> are taken',
    },
  )
}
