/** The part of the API's shapes that tells what a region has, and what its build will cost. */
import { z } from '@hono/zod-openapi'

export const cellsQuery = z.string().min(1).max(60).default('square:1km').openapi({
  description: 'square:25km, square:1km, h3:7 …',
  example: 'square:1km',
})

export const coverageSchema = z
  .object({
    region: z.string(),
    cells: z.string(),
    cellCount: z.int(),
    points: z.int(),
    embedded: z.int(),
    open: z.int().openapi({ description: 'not built yet' }),
    unavailable: z
      .record(z.string(), z.int())
      .openapi({ description: 'without imagery, by reason, the most frequent first' }),
    attribution: z.string(),
  })
  .openapi('Coverage', {
    example: {
      region: 'liechtenstein',
      cells: 'square:1km',
      cellCount: 149,
      points: 10000,
      embedded: 9871,
      open: 0,
      unavailable: { 'no-tile': 117, nodata: 12 },
      attribution: '© Example',
    },
  })

export const estimateSchema = z
  .object({
    areaKm2: z.number(),
    points: z.int().openapi({ description: 'that are not built yet' }),
    patchM: z.number().openapi({ description: 'side of a patch in metres' }),
    windows: z.int().nullable().openapi({
      description: 'of a dense build, in which they are fetched and read; null: patch by patch',
    }),
    requests: z
      .object({
        hosts: z.array(z.object({ host: z.string(), count: z.int() })).openapi({
          description: 'the hosts that are really asked, the most asked first',
        }),
        count: z.int().openapi({ description: 'of all hosts' }),
        bytes: z.number(),
        isMeasured: z.boolean().openapi({ description: 'false: with 20 kB for each answer' }),
      })
      .nullable()
      .openapi({ description: 'null: nothing is fetched' }),
    outline: z.object({ looked: z.int(), inside: z.int() }).nullable().openapi({
      description:
        'of some points, how many have their patch within the imagery; null: it tells no outline',
    }),
    patchesPerSecond: z.number().openapi({ description: 'that the model embeds on the server' }),
    sample: z
      .object({ patches: z.int(), unavailable: z.int(), patchesPerSecond: z.number() })
      .nullable()
      .openapi({ description: 'of a dense build: windows, not patches' }),
    inferenceS: z.number(),
    imageryS: z.number().nullable(),
    terms: z.array(z.string()),
  })
  .openapi('Estimate', {
    example: {
      areaKm2: 160.5,
      points: 10000,
      patchM: 112,
      windows: null,
      requests: {
        hosts: [{ host: 'tiles.example.org', count: 31000 }],
        count: 31000,
        bytes: 620000000,
        isMeasured: false,
      },
      outline: null,
      patchesPerSecond: 310,
      sample: null,
      inferenceS: 32,
      imageryS: 3100,
      terms: ['© Example', 'CC BY 4.0', 'https://example.org/terms'],
    },
  })
