/** What became of every point of a region, page by page: 10⁶ and more. */
import type { RoadPoint } from '../types.ts'
import type { Database } from './database.ts'

const PAGE_ROWS = 50_000
/** Places looked at between two words to the database. */
const PAGE_PLACES = 2000

/** A point and its state. One that waits for newer imagery is searched by what it has: embedded. */
export interface PointState extends RoadPoint {
  readonly state: 'pending' | 'leased' | 'embedded' | 'unavailable'
  /** Why there is no patch; null unless `unavailable`. */
  readonly reason: string | null
}

/** Pages by id; what changes meanwhile shows in later pages. */
export async function* readPointStates(
  db: Database,
  regionId: number,
): AsyncGenerator<readonly PointState[]> {
  let after = -1
  for (;;) {
    const page = await db.withClient((client) =>
      client.query<PointState>(
        `select id, lon, lat, case when refreshing then 'embedded' else state end as state, reason
           from points where region = $1 and id > $2 order by id limit $3`,
        [regionId, after, PAGE_ROWS],
      ),
    )
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.id
  }
}

/**
 * Embedded; without imagery, as the source answered when it was first asked; or still to be built.
 */
export type PlaceState = keyof typeof PLACE_STATES

const PLACE_STATES = {
  embedded: `state = 'embedded'`,
  // Points that were given up after broken pictures have failures.
  answered: `state = 'unavailable' and failures = 0`,
  open: `state in ('pending', 'leased')`,
} as const

/** Some points of a state, in the order of their ids, from `after` on. */
export async function findPlacesAfter(
  db: Database,
  asked: {
    readonly regionId: number
    readonly state: PlaceState
    readonly after: number
    readonly count: number
  },
): Promise<RoadPoint[]> {
  return db.withClient((client) =>
    client.query<RoadPoint>(
      `select id, lon, lat from points
        where region = $1 and id > $2 and ${PLACE_STATES[asked.state]}
        order by id limit $3`,
      [asked.regionId, asked.after, asked.count],
    ),
  )
}

/**
 * Embedded points, page by page in the order of their ids; what changes meanwhile shows in later
 * pages.
 */
export async function* readEmbeddedPlaces(
  db: Database,
  regionId: number,
): AsyncGenerator<readonly RoadPoint[]> {
  let after = -1
  for (;;) {
    const asked = { regionId, state: 'embedded', after, count: PAGE_PLACES } as const
    const places = await findPlacesAfter(db, asked)
    const last = places.at(-1)
    if (last === undefined) return
    yield places
    after = last.id
  }
}

/** How many points of a region are in a state. */
export interface StateCount {
  readonly region: string
  readonly regionState: string
  /** Code of what holds the build up. */
  readonly problem: string | null
  /** Null: the region has no points. */
  readonly state: PointState['state'] | null
  readonly count: number
}

/** The points of all regions by their states; reads all of them. */
export async function countAllStates(db: Database): Promise<StateCount[]> {
  return db.withClient((client) =>
    client.query<StateCount>(
      `select name as region, regions.state as "regionState", problem ->> 'code' as problem,
              counted.state, coalesce(counted.count, 0)::integer as count
         from regions
         left join (select region, state, count(*) from points group by 1, 2) counted
           on counted.region = regions.id
        order by name, counted.state`,
    ),
  )
}
