/**
 * The model card (`model.json`): the only place where size, normalisation, stride and statistics
 * stand.
 */
import { z } from 'zod'
import { ConfigError } from '../errors.ts'

const channelTriple = z.tuple([z.number(), z.number(), z.number()])
const positiveTriple = z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)])
const fileName = z.string().regex(/^[\w.-]+$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const perClass = z.array(z.number()).length(365)

const schema = z
  .object({
    name: z.string().min(1),
    view: z.enum(['ground', 'overhead']),
    /** File name beside the card. */
    file: fileName,
    bytes: z.int().positive(),
    sha256,
    /** `[height, width]` px. */
    size: z.tuple([z.int().positive(), z.int().positive()]),
    /** Tensor value = (byte × scale − mean) / std, per channel. */
    input: z.object({
      name: z.string().min(1),
      layout: z.literal('NCHW'),
      channels: z.literal('RGB'),
      dtype: z.literal('float32'),
      scale: z.number().gt(0),
      mean: channelTriple,
      std: positiveTriple,
    }),
    space: z.literal('places365'),
    classes: z.literal(365),
    /** Whose logits these are; read it with `logitSpaceOf`. */
    logitSpace: z
      .string()
      .regex(/^[\w.-]+$/)
      .optional(),
    /** Metres per pixel; overhead only. */
    gsd: z.number().gt(0).optional(),
    /** Axes that may have any length. */
    dynamic: z.array(z.string()).optional(),
    /** Pixels between two neighbours of `logitsmap`. */
    stride: z.int().positive().optional(),
    /** How a photo of any size becomes `size`; ground only. */
    resize: z
      .object({
        mode: z.literal('squash'),
        kernel: z.literal('bicubic'),
        note: z.string().optional(),
      })
      .optional(),
    /** Output name → its shape in words. */
    outputs: z.looseObject({ logits: z.array(z.union([z.string(), z.number()])) }),
    /** Per-class mean and standard deviation of this view's logits. */
    stats: z
      .object({ mean: perClass, std: z.array(z.number().gt(0)).length(365), over: z.string() })
      .optional(),
    /**
     * Scenes of which labelled ground was in training; overhead only. Of others its order says
     * little.
     */
    taughtScenes: z.array(z.int().min(0).max(364)).min(1).optional(),
    /**
     * By what factor the logits of all other scenes were brought nearer to their mean
     * (`whereabouts_train.shrink`).
     */
    shrunk: z.number().gt(0).lt(1).optional(),
    /**
     * Beside the card: what photos of each scene show on the mean, and by which photo model;
     * overhead only.
     */
    prototypes: z
      .object({
        file: fileName,
        sha256,
        of: z.string().min(1),
        /**
         * Of which some photo was labelled; of others the file holds what photos most like them
         * show.
         */
        scenes: z.array(z.int().min(0).max(364)),
      })
      .optional(),
    /**
     * What the model answers to a drawn pattern: proof that a runtime computes it as its maker did.
     */
    parity: z.object({ pattern: z.string(), logits_first_8: z.array(z.number()).length(8) }),
    licence: z.unknown().optional(),
    trainingData: z.unknown().optional(),
    metrics: z.unknown().optional(),
  })
  .refine((card) => card.view === 'ground' || card.gsd !== undefined, {
    message: 'an overhead model needs gsd',
    path: ['gsd'],
  })
  .refine((card) => card.view === 'overhead' || card.resize !== undefined, {
    message: 'a ground model needs a resize rule',
    path: ['resize'],
  })
  .refine((card) => !('logitsmap' in card.outputs) || card.stride !== undefined, {
    message: 'a model with a logitsmap needs its stride',
    path: ['stride'],
  })

/** Everything the program may know about a model. */
export type ModelCard = Readonly<z.infer<typeof schema>>

/** Per-class mean and standard deviation of one view's logits. */
export type LogitStats = Readonly<{ mean: readonly number[]; std: readonly number[] }>

/**
 * The space that a model's logits lie in. All spaces have the same 365 classes, but only logits of
 * one space can be compared: an overhead model has learned the logits of one photo model. Cards
 * without it are of our own pair.
 */
export function logitSpaceOf(card: ModelCard): string {
  return card.logitSpace ?? 'whereabouts'
}

/**
 * Checks a parsed `model.json`.
 * @param origin  file or folder, for the message
 * @throws {ConfigError} `model-card` listing every problem
 */
export function parseModelCard(json: unknown, origin: string): ModelCard {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new ConfigError(
    'model-card',
    `Expected a model card for ${origin}, got ${problems.length} problems: ${problems.join('; ')}`,
    { hint: 'models/tiny/overhead/model.json is a complete example', facts: { problems } },
  )
}
