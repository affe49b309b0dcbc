/** Who builds a region has read how: with what imagery, what dates, patch by patch or densely. */
import { InputError } from '../errors.ts'
import type { Region } from '../types.ts'

/**
 * Before something is changed that a build under way would not notice.
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
