/**
 * What is not changed in the middle of a build: the imagery of a region, and patch by patch or
 * densely.
 */
import { InputError } from '../errors.ts'
import type { Region } from '../types.ts'

/**
 * Before such a change.
 * @param wish  what is asked for, for the message
 * @throws {InputError} `region-building`
 */
export function refuseBuilding({ name, state }: Region, wish: string): void {
  if (state === 'building') throw underWay(name, wish)
}

/** The same for whoever finds a build only when it wants to make the change. */
export function underWay(name: string, wish: string): InputError {
  return new InputError(
    'region-building',
    `Expected a region that is not being built for ${wish}, got "${name}", whose build is under way`,
    { hint: `wait until it is built, or end it: \`whereabouts region stop ${name}\`` },
  )
}
