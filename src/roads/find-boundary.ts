/** Which of an extract's administrative boundaries is meant by a name. */
import { InputError, NotFoundError } from '../errors.ts'
import type { BoundaryRelation } from './pbf-relations.ts'

/** How a boundary is named. */
export interface BoundaryName {
  /** A name in any language, an ISO 3166 code, or `relation/123`. */
  readonly name: string
  /** OpenStreetMap's `admin_level`: 2 country, 4 often a state, 8 often a town; absent: any. */
  readonly adminLevel?: number | undefined
}

const NAME_KEY = /^((int_|official_|alt_|short_|old_)?name(:.+)?|ISO3166-[12](:alpha[23])?)$/
const SHOWN = 12

/**
 * Chooses the boundary.
 * @throws {NotFoundError} `boundary-not-found` with names that are alike
 * @throws {InputError} `boundary-ambiguous` with all candidates
 */
export function findBoundary(
  relations: readonly BoundaryRelation[],
  wanted: BoundaryName,
): BoundaryRelation {
  const [found, ...others] = matchesOf(relations, wanted)
  if (found === undefined) throw notFound(relations, wanted)
  if (others.length === 0) return found
  const shown = [found, ...others].slice(0, SHOWN).map(describe).join('; ')
  throw new InputError(
    'boundary-ambiguous',
    `Expected one boundary named "${wanted.name}", got ${String(others.length + 1)}: ${shown}`,
    { hint: 'add --boundary-level, or name it by its relation: --boundary-name relation/…' },
  )
}

/** Where some have it as their own name, translations and former names of others do not count. */
function matchesOf(
  relations: readonly BoundaryRelation[],
  { name, adminLevel }: BoundaryName,
): BoundaryRelation[] {
  const id = /^r(?:elation)?\/(\d+)$/.exec(name)?.[1]
  if (id !== undefined) return relations.filter((relation) => String(relation.id) === id)
  const key = fold(name)
  const level = adminLevel === undefined ? undefined : String(adminLevel)
  const inLevel = relations.filter(({ tags }) => !level || tags.get('admin_level') === level)
  const own = inLevel.filter(({ tags }) => fold(tags.get('name') ?? '') === key)
  if (own.length > 0) return own
  return inLevel.filter((relation) => namesOf(relation).includes(key))
}

function namesOf({ tags }: BoundaryRelation): string[] {
  return [...tags]
    .filter(([key]) => NAME_KEY.test(key))
    .flatMap(([, value]) => value.split(';').map(fold))
}

/** Case, accents and outer blanks do not tell names apart. */
function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').trim().toLowerCase()
}

function describe({ id, tags }: BoundaryRelation): string {
  const level = tags.get('admin_level') ?? 'none'
  return `${tags.get('name') ?? 'unnamed'} (admin_level ${level}, relation/${String(id)})`
}

function notFound(
  relations: readonly BoundaryRelation[],
  { name, adminLevel }: BoundaryName,
): NotFoundError {
  const key = fold(name)
  const alike = relations.filter((relation) =>
    // Codes and the like of a few letters stand in many words.
    namesOf(relation).some(
      (other) => other.includes(key) || (other.length > 3 && key.includes(other)),
    ),
  )
  const level = ({ tags }: BoundaryRelation): number => Number(tags.get('admin_level') ?? NaN) || 99
  const shown = (alike.length > 0 ? alike : [...relations].sort((a, b) => level(a) - level(b)))
    .slice(0, SHOWN)
    .map(describe)
  const where = adminLevel === undefined ? '' : ` of admin_level ${String(adminLevel)}`
  return new NotFoundError(
    'boundary-not-found',
    `Expected an administrative boundary named "${name}"${where}, got none`,
    {
      hint:
        shown.length === 0
          ? 'the extract holds no administrative boundaries: use --boundary FILE'
          : `the extract has: ${shown.join('; ')}`,
    },
  )
}
