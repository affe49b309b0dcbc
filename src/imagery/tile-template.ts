/** Addresses with places for a tile: `{z}/{x}/{y}`, `{-y}`, `{q}`, `{switch:a,b,c}`. */
import type { TileAddress } from './tile-reader.ts'

const SWITCH = /\{switch:([^}]*)\}/g

/** Fills in a tile; `{key}` stays as it is. The same tile always gives the same address. */
export function fillTile(template: string, { z, x, y }: TileAddress): string {
  return template
    .replaceAll('{z}', String(z))
    .replaceAll('{x}', String(x))
    .replaceAll('{y}', String(y))
    .replaceAll('{-y}', String(2 ** z - 1 - y))
    .replaceAll('{q}', quadkey({ z, x, y }))
    .replaceAll(SWITCH, (_, choices: string) => {
      const all = choices.split(',')
      return all[(x + y) % all.length] as string
    })
}

/** One digit 0–3 per zoom, coarsest first. */
export function quadkey({ z, x, y }: TileAddress): string {
  let digits = ''
  for (let bit = z - 1; bit >= 0; bit--) {
    digits += String(((x >> bit) & 1) + 2 * ((y >> bit) & 1))
  }
  return digits
}

/** Every address that `{switch:…}` can make. */
export function spreadSwitches(template: string): string[] {
  const [whole, choices] = /\{switch:([^}]*)\}/.exec(template) ?? []
  if (whole === undefined || choices === undefined) return [template]
  const fill = (choice: string) => template.replace(whole, () => choice)
  return choices.split(',').flatMap((choice) => spreadSwitches(fill(choice)))
}

const ADDRESSES_MAX = 64

/**
 * Whether every choice is a plain word, and the addresses that they make can be looked at one by
 * one.
 */
export function hasPlainSwitches(template: string): boolean {
  const switches = [...template.matchAll(SWITCH)].map(([, choices = '']) => choices.split(','))
  const count = switches.reduce((product, choices) => product * choices.length, 1)
  return count <= ADDRESSES_MAX && switches.flat().every((choice) => /^[\w.-]+$/.test(choice))
}
