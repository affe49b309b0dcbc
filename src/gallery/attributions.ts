/**
 * Whose pictures a region was made from: each source that it had by its position, which rows name.
 */
import type { Client } from './database.ts'

/**
 * Takes another source, in a transaction of the caller; one of the same attribution as the present
 * one is the same.
 */
export async function addAttributionOn(
  client: Client,
  regionId: number,
  attribution: string,
): Promise<void> {
  await client.query(
    `update regions set attributions = attributions || jsonb_build_array($2::text)
      where id = $1 and attributions -> -1 is distinct from to_jsonb($2::text)`,
    [regionId, attribution],
  )
}

/**
 * Names the present source, and those that rows of the region were cut from, newest first, each
 * once; in a transaction of the caller. Reads the whole gallery of a region that had several.
 */
export async function nameSourcesOn(client: Client, regionId: number): Promise<void> {
  const attributions = await findAttributionsOn(client, regionId)
  const last = attributions.length - 1
  const used = last < 1 ? [] : await findSources(client, regionId)
  const named = [...new Set([...used, last])].sort((a, b) => b - a).map((at) => attributions[at])
  const names = named.flatMap((attribution) => attribution?.split('; ') ?? [])
  await client.query(
    `update regions set attribution = $2, version = version + 1
      where id = $1 and attribution <> $2`,
    [regionId, [...new Set(names)].join('; ')],
  )
}

/** Positions of the sources that rows were cut from. */
async function findSources(client: Client, regionId: number): Promise<number[]> {
  const rows = await client.query<{ source: unknown }>(
    `select distinct reference -> 'source' as source from embeddings where region = $1`,
    [regionId],
  )
  return rows.map(({ source }) => Number(source ?? 0))
}

/**
 * The attribution of each source that a region had, in turn; the present one is the last. In a
 * transaction of the caller.
 */
export async function findAttributionsOn(
  client: Client,
  regionId: number,
): Promise<readonly string[]> {
  const [row] = await client.query<{ attributions: string[] }>(
    'select attributions from regions where id = $1',
    [regionId],
  )
  return row?.attributions ?? []
}
