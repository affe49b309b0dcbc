import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { PRESETS } from '../src/imagery/presets.ts'

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly environment: Readonly<Record<string, string>> }>
  >
}

const text = readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8')
const { services } = parse(text, { merge: true }) as Compose

/** Of sources that name none of their own, and of every preset. */
const keys = [
  'WHEREABOUTS_IMAGERY_KEY',
  ...PRESETS.flatMap(({ source }) => [
    ...(source.keyEnv === undefined ? [] : [source.keyEnv]),
    ...Object.values(source.headersEnv ?? {}),
  ]),
]

for (const name of ['server', 'worker']) {
  test(`the ${name} of compose.yaml gets the keys that presets name, and no others, from whoever starts it`, () => {
    const environment = Object.entries(services[name]?.environment ?? {})
    const passed = environment.filter(([variable]) => /IMAGERY_KEY/.test(variable))
    expect(Object.fromEntries(passed)).toEqual(
      Object.fromEntries(keys.map((key) => [key, `\${${key}:-}`])),
    )
    expect(keys.length).toBeGreaterThan(2)
  })
}
