/** `whereabouts imagery presets`. */
import type { Command } from 'commander'
import { fillIn, PRESETS, queryOf, type Preset } from '../imagery/presets.ts'

/** Registers `imagery`. */
export function addImageryCommand(program: Command): void {
  program
    .command('imagery')
    .description('sources of imagery')
    .command('presets')
    .description('sources that need no configuration file, with their terms')
    .option('--json', 'as JSON, with the configuration that each stands for')
    .action(({ json }: { readonly json?: true }) => {
      if (json === true) console.log(JSON.stringify(PRESETS, null, 2))
      else console.log(PRESETS.map(describePreset).join('\n\n'))
    })
}

/** One preset in a few lines. */
export function describePreset({
  name,
  title,
  area,
  isCoarse,
  parameters = {},
  source,
}: Preset): string {
  const { keyEnv, headersEnv = {} } = source
  const keys = [keyEnv ?? [], Object.values(headersEnv)].flat()
  const query = queryOf(parameters)
  const forms = Object.entries(parameters).map(([parameter, { form }]) => [parameter, form])
  const { attribution } = fillIn(source, Object.fromEntries(forms) as Record<string, string>)
  return [
    `preset:${name}${query === '' ? '' : `?${query}`}`,
    `  ${title} · ${area} · up to zoom ${source.maxZoom}`,
    ...Object.entries(parameters).map(
      ([parameter, { form, about }]) => `  needs ${parameter}=${form}: ${about}`,
    ),
    ...keys.map((key) => `  needs a key in ${key}`),
    ...(isCoarse === true ? ['  too coarse for the models: refused without allowCoarse=true'] : []),
    `  ${String(attribution)}`,
    `  ${source.licence}`,
    `  terms: ${source.termsUrl}`,
  ].join('\n')
}
