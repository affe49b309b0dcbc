/**
 * Text that others wrote, as from a file of theirs → the same for a terminal, which could be told
 * to do things by it.
 */

/** Without control characters, and those that turn the direction of text; lines stay lines. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '')
}
