/** Configuration of ready-cut patches listed in a CSV. */
import { z } from 'zod'

export const patches = z.strictObject({
  kind: z.literal('patches'),
  /** CSV with the columns `file,lon,lat[,date,attribution]`; files relative to it. */
  file: z.string().min(1),
  attribution: z.string().max(500).optional(),
})

export type PatchesConfig = z.infer<typeof patches>
