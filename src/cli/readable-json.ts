/** JSON for people: indented, but lists of numbers, and lists of those, on one line each. */

/** Formats a value; what is read from it is the same as from `JSON.stringify`. */
export function formatJson(value: unknown): string {
  // A line break never stands in a string of JSON, so a bracket before one begins a list.
  return JSON.stringify(value, null, 2).replaceAll(/\[\n[\s\d.,eE+[\]-]*\]/g, (list) =>
    list.replaceAll(/\s+/g, '').replaceAll(',', ', '),
  )
}
