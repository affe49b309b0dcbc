/**
 * Is a text a date that exists, as a year, month or day (`2022`, `2022-03`, `2022-03-18`)? There is
 * no year 0.
 */
export function isIsoDate(text: string): boolean {
  if (!/^(?!0000)\d{4}(-\d{2}(-\d{2})?)?$/.test(text)) return false
  const time = Date.parse(text)
  // The parser may carry 30 February over into March: the date has to come back as it went in.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
