/** The drawn photos of the town: what each shows, and where it could have been taken. */
import { captionSynthetic } from './caption.ts'
import { GroundView } from './ground-view.ts'
import { drawField, drawForest, drawRailway } from './photo-country.ts'
import { drawCarPark, drawHarbour, drawStadium, drawStreet } from './photo-scenes.ts'
import { toLonLat } from './place.ts'
import { createNoise, createRandom } from './random.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import type { Point } from './shapes.ts'

/** A drawn ground picture, and where in the town it could have been taken. */
export interface SamplePhoto {
  /** File name without ending, e.g. `harbour`. */
  readonly name: string
  readonly image: Rgb8
  readonly places: readonly LonLat[]
}

interface Subject {
  readonly name: string
  readonly draw: (view: GroundView) => void
  readonly horizon: number
  readonly heightM: number
  /** Places in the plan, metres. */
  readonly at: readonly Point[]
}

const SUBJECTS: readonly Subject[] = [
  { name: 'harbour', draw: drawHarbour, horizon: 0.45, heightM: 5, at: [[970, 1080]] },
  {
    name: 'street',
    draw: drawStreet,
    horizon: 0.47,
    heightM: 1.7,
    at: [
      [250, 966],
      [250, 1032],
      [640, 388],
      [1020, 388],
    ],
  },
  {
    name: 'field',
    draw: drawField,
    horizon: 0.42,
    heightM: 2.2,
    at: [
      [200, 200],
      [1400, 400],
      [1300, 1500],
    ],
  },
  { name: 'stadium', draw: drawStadium, horizon: 0.36, heightM: 14, at: [[1300, 735]] },
  {
    name: 'car-park',
    draw: drawCarPark,
    horizon: 0.3,
    heightM: 5,
    at: [
      [1000, 735],
      [660, 738],
    ],
  },
  { name: 'railway', draw: drawRailway, horizon: 0.45, heightM: 3, at: [[450, 612]] },
  {
    name: 'forest',
    draw: drawForest,
    horizon: 0.5,
    heightM: 1.7,
    at: [
      [300, 1500],
      [1420, 60],
    ],
  },
]

/** All photos there are. */
export const PHOTO_NAMES: readonly string[] = SUBJECTS.map(({ name }) => name)

/** Draws the named photos, `rgb8[768, 1024, 3]` each. */
export function drawPhotos(seed: number, names: readonly string[]): SamplePhoto[] {
  const random = createRandom(seed + 3)
  const noise = { coarse: createNoise(random, 8), fine: createNoise(random, 1) }
  const sky = [0x5f8fc4, 0xc9d8e2] as const
  return SUBJECTS.filter(({ name }) => names.includes(name)).map((subject) => {
    const { name, draw, horizon, heightM, at } = subject
    const ownSeed = seed * 100 + SUBJECTS.indexOf(subject)
    const view = new GroundView({ seed: ownSeed, noise, horizon, heightM, sky })
    draw(view)
    captionSynthetic(view.canvas)
    const { width, height, data } = view.canvas
    const image = { width, height, data: new Uint8Array(data.buffer) }
    return { name, image, places: at.map(toLonLat) }
  })
}
