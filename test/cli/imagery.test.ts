import { expect, test } from 'vitest'
import { describePreset } from '../../src/cli/imagery.ts'
import { PRESETS } from '../../src/imagery/presets.ts'

test('a preset is shown with how to name it, its key, its terms and what speaks against it', () => {
  const shown = PRESETS.map(describePreset).join('\n')
  expect(shown).toContain('preset:esri-wayback?release=N&date=YYYY-MM-DD')
  expect(shown).toContain('needs date=YYYY-MM-DD: day on which')
  // What is in braces would be taken for something to be filled in.
  expect(shown).not.toMatch(/\{\w+\}/)
  expect(shown).toContain('needs a key in WHEREABOUTS_IMAGERY_KEY_AZURE')
  expect(shown).toContain('terms: https://www.mapbox.com/legal/tos')
  expect(shown).toMatch(/preset:sentinel2-cloudless[^]*too coarse for the models/)
})
