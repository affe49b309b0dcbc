/** Which form of a heatmap, or of something else, is meant: by its ending, or else by `Accept`. */
import { parseAccept } from 'hono/utils/accept'
import { InputError } from '../errors.ts'
import {
  endingOf,
  HEATMAP_FORMATS,
  mediaTypeOf,
  type HeatmapFormat,
} from '../journeys/render-heatmap.ts'
import type { Heatmap } from '../heatmap-types.ts'

/** A form in which something can be had. */
export interface Form {
  readonly ending: string
  readonly mediaType: string
}

/** A form in which a heatmap can be had. */
export interface HeatmapForm extends Form {
  readonly format: HeatmapFormat | 'sheet' | 'summary'
}

/** First the summary: it is what a client gets that takes anything. */
const FORMS: readonly HeatmapForm[] = [
  { format: 'summary', ending: 'json', mediaType: 'application/json' },
  ...HEATMAP_FORMATS.map((format) => ({
    format,
    ending: endingOf(format),
    mediaType: mediaTypeOf(format),
  })),
  { format: 'sheet', ending: 'html', mediaType: 'text/html' },
]

/** A form that is not to be had here, with the reason. */
export interface LackingForm extends Form {
  readonly why: string
}

/** The forms of this heatmap. */
export function formsOf(heatmap: Heatmap): readonly HeatmapForm[] {
  return FORMS.filter((form) => reasonToLack(heatmap, form) === null)
}

/** The forms that other heatmaps have and this one lacks. */
export function lackingFormsOf(heatmap: Heatmap): readonly LackingForm[] {
  return FORMS.flatMap((form) => {
    const why = reasonToLack(heatmap, form)
    return why === null ? [] : [{ ...form, why }]
  })
}

function reasonToLack({ question, grid }: Heatmap, { format }: HeatmapForm): string | null {
  if (format === 'geotiff' && grid.kind !== 'square') {
    return 'a GeoTIFF holds square cells: ask for a heatmap of them, e.g. "cells": "square:50m"'
  }
  if (format === 'sheet' && question.kind !== 'photo') {
    return 'a sheet lays a photo beside patches: ask for a heatmap with "photos"'
  }
  return null
}

/** `id` or `id.ending` → both parts. */
export function splitEnding(file: string): { readonly id: string; readonly ending: string | null } {
  const [id = '', ending = null] = file.split('.')
  return { id, ending }
}

/** What a client asked for; an ending counts before `Accept`. */
interface Asked {
  readonly ending: string | null
  readonly accept: string | undefined
}

/**
 * Chooses the form.
 * @param available  forms that there are, the default first
 * @param lacking  forms that there are not here; of one that is asked for the error tells why
 * @throws {InputError} `not-acceptable` with the list of what there is
 */
export function chooseForm<F extends Form>(
  available: readonly F[],
  asked: Asked,
  lacking: readonly LackingForm[] = [],
): F {
  const form = findForm(available, asked)
  if (form !== undefined) return form
  const got = asked.ending === null ? (asked.accept ?? '') : `.${asked.ending}`
  const why = findForm(lacking, asked)?.why
  throw new InputError('not-acceptable', `Expected one of the forms, got "${got.slice(0, 200)}"`, {
    hint: why ?? 'ask with one of these as Accept, or with its ending',
    facts: { available: available.map(({ ending, mediaType }) => `${mediaType} (.${ending})`) },
  })
}

function findForm<F extends Form>(forms: readonly F[], { ending, accept }: Asked): F | undefined {
  if (ending === null) return byAccept(forms, accept)
  return forms.find((form) => form.ending === ending)
}

function byAccept<F extends Form>(
  available: readonly F[],
  accept: string | undefined,
): F | undefined {
  if (accept === undefined || accept.trim() === '') return available[0]
  const ranges = parseAccept(accept)
  const quality = (form: Form) => qualityOf(form.mediaType, ranges)
  // A sort that keeps the order of equals: among equals the default comes first.
  return available.filter((form) => quality(form) > 0).sort((a, b) => quality(b) - quality(a))[0]
}

/** The most exact range that matches decides, RFC 9110 12.5.1. */
function qualityOf(mediaType: string, ranges: ReturnType<typeof parseAccept>): number {
  const group = `${mediaType.split('/')[0]}/*`
  for (const type of [mediaType, group, '*/*']) {
    const range = ranges.find((candidate) => candidate.type.toLowerCase() === type)
    if (range !== undefined) return range.q
  }
  return 0
}
