import { describe, expect, test } from 'vitest'
import { refuseOtherVariables } from '../../src/journeys/key-variables.ts'

describe('of a source that somebody else wrote', () => {
  test.each([
    {},
    { keyEnv: 'WHEREABOUTS_IMAGERY_KEY' },
    {
      keyEnv: 'WHEREABOUTS_IMAGERY_KEY_ACME',
      headersEnv: { 'x-key': 'WHEREABOUTS_IMAGERY_KEY_2' },
    },
  ])('imagery keys may be sent: %j', (fields) => {
    expect(() => refuseOtherVariables(fields)).not.toThrow()
  })

  test.each([
    { keyEnv: 'AWS_SECRET_ACCESS_KEY' },
    { keyEnv: 'DATABASE_URL' },
    { keyEnv: 'MY_WHEREABOUTS_IMAGERY_KEY' },
    { keyEnv: 'WHEREABOUTS_IMAGERY_KEYRING' },
    { headersEnv: { 'x-a': 'WHEREABOUTS_IMAGERY_KEY', 'x-b': 'HOME' } },
  ])('no other variable may: %j', (fields) => {
    expect(() => refuseOtherVariables(fields)).toThrow(
      expect.objectContaining({ code: 'source-forbidden' }) as Error,
    )
  })
})
