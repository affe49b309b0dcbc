import { expect, test } from 'vitest'
import { readSecrets } from '../../src/imagery/secrets.ts'

test('a key is put into an address as it must be written there', () => {
  const { fill } = readSecrets({ keyEnv: 'K' }, { K: 'a b&$&' })
  expect(fill('https://a/?k={key}')).toBe('https://a/?k=a%20b%26%24%26')
})

test('headers take their values from the variables that the source names', () => {
  const { headers } = readSecrets({ headersEnv: { Authorization: 'H' } }, { H: 'Bearer x' })
  expect(headers).toEqual({ Authorization: 'Bearer x' })
})

test('every secret is taken out of a text, however it is written', () => {
  const { hide } = readSecrets({ keyEnv: 'K', headersEnv: { a: 'H' } }, { K: 's e', H: 'token' })
  expect(hide('s e, s%20e and token')).toBe('{key}, {key} and {key}')
})

test('a key is found in the spellings of other encoders', () => {
  const { hide } = readSecrets({ keyEnv: 'K' }, { K: 'é/+ (.*)$' })
  const spellings = ['é/+ (.*)$', '%C3%A9%2F%2B+%28.%2A%29%24', '%c3%a9/%2b%20(.*)$']
  expect(spellings.map(hide)).toEqual(['{key}', '{key}', '{key}'])
  expect(hide('É/+ (.*)$ é/+ (abc)$')).toBe('É/+ (.*)$ é/+ (abc)$')
})

for (const source of [{ keyEnv: 'MAPS_KEY' }, { headersEnv: { a: 'MAPS_KEY' } }]) {
  test(`a missing variable of ${Object.keys(source).join('')} is named`, () => {
    expect(() => readSecrets(source, { MAPS_KEY: '' })).toThrow(/MAPS_KEY/)
  })
}
