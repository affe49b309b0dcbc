/**
 * Addresses that let in whoever has them, as STAC items list them → the same without what lets in:
 * to be stored and shown.
 */
import type { Stretches } from '../types.ts'

/**
 * Parameters that let in, or are made anew with what does: of Amazon, Google, Alibaba, Tencent and
 * Akamai by their prefixes, others by what they are usually called. An address that ends some time
 * is a signed one.
 */
const SIGNING =
  /^(x-(amz|goog|oss|cos|obs)-.+|q-(sign.*|ak|.+-(time|list))|hdn(ts|tl|ea)|key-pair-id|googleaccessid|expires|sig|jwt|hmac|auth|authorization|.*(signature|token|secret|password|credential|api[-_]?key|subscription[-_]?key|access[-_]?key([-_]?id)?))$/i

/** What such an address may hold besides; harmless in any other. */
const BESIDES =
  /^(policy|hash-algorithm|md5|hash|e|sv|st|se|sr|sp|si|sip|spr|ss|srt|ses|sdd|skoid|sktid|skt|ske|sks|skv|saoid|suoid|scid)$/i

/**
 * An address without its signature, token, name and password: the same one when they are renewed.
 * Anything else, a path too, stays as it is, and so does `{key}`, which is no secret.
 */
export function withoutSignature(address: string): string {
  const [, scheme, rest = '', query, end = ''] =
    /^([a-z][\w+.-]*:\/\/)([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(address) ?? []
  if (scheme === undefined) return address
  const place = scheme + rest.replace(/^[^/]*@/, '')
  if (query === undefined) return place + end
  const fields = query.split('&').map((field) => ({ field, ...nameOf(field) }))
  const isSigned = fields.some(({ isSecret }) => isSecret)
  const kept = fields.filter(({ name, isSecret }) => !isSecret && !(isSigned && BESIDES.test(name)))
  const left = kept.map(({ field }) => field).join('&')
  return `${place}${left === '' ? '' : `?${left}`}${end}`
}

/**
 * The names of parameters whose values let in whoever has the address; `{key}` stands for a value
 * that is elsewhere.
 */
export function secretParameters(address: string): string[] {
  const [, query = ''] = /\?([^#]*)/.exec(address) ?? []
  const named = query.split('&').map(nameOf)
  return named.flatMap(({ name, isSecret }) => (isSecret ? [name] : []))
}

/**
 * Levels by the names that files have now: before, they were recorded under addresses as they came.
 */
export function withoutSignatures(stretches: Stretches): Stretches {
  const entries = Object.entries(stretches)
  return Object.fromEntries(entries.map(([file, levels]) => [withoutSignature(file), levels]))
}

function nameOf(field: string): { readonly name: string; readonly isSecret: boolean } {
  const [[name, value] = ['', '']] = new URLSearchParams(field)
  const isElsewhere = value === '' || value.includes('{key}')
  return { name, isSecret: !isElsewhere && (SIGNING.test(name) || isKey(name, value)) }
}

/** Storages call the path of a file its key, too. */
function isKey(name: string, value: string): boolean {
  return /^key$/i.test(name) && !/[./]/.test(value)
}
