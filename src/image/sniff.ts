/** Which image format bytes are, by their first ones: a name or an extension proves nothing. */

/** Formats that a photo may have. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'heic'

const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']

/** Looks at the magic number; undefined for everything else, SVG and PDF included. */
export function sniffFormat(bytes: Uint8Array): PhotoFormat | undefined {
  const at = (start: number, end: number) => String.fromCharCode(...bytes.subarray(start, end))
  if (at(0, 3) === '\xff\xd8\xff') return 'jpeg'
  if (at(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (at(0, 4) === 'RIFF' && at(8, 12) === 'WEBP') return 'webp'
  if (/^GIF8[79]a$/.test(at(0, 6))) return 'gif'
  if (/^(II[*+]\0|MM\0[*+])$/.test(at(0, 4))) return 'tiff'
  return at(4, 8) === 'ftyp' ? sniffBrands(bytes, at) : undefined
}

/** ISO base media: HEIC and AVIF share brands like `mif1`; a compatible brand `avif` decides. */
function sniffBrands(
  bytes: Uint8Array,
  at: (start: number, end: number) => string,
): PhotoFormat | undefined {
  const boxLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const brands = [at(8, 12)]
  for (let i = 16; i + 4 <= Math.min(boxLength, bytes.length); i += 4) brands.push(at(i, i + 4))
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif'
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : undefined
}

/** What people have besides photos, and how to get photos of it. */
const OTHERS: readonly { readonly starts: RegExp; readonly name: string; readonly hint: string }[] =
  [
    { starts: /^$/, name: 'an empty file', hint: 'copy or download the file again' },
    {
      // QuickTime and MP4, Matroska and WebM, AVI, MPEG.
      starts: /^(.{4}(ftyp|moov|mdat|wide|free)|\x1aE\xdf\xa3|RIFF.{4}AVI |\0\0\x01[\xba\xb3])/s,
      name: 'a video',
      hint: 'take frames of it first, one per second: ffmpeg -i IN -vf fps=1 frame-%03d.png; several can be located together',
    },
    {
      starts: /^%PDF/,
      name: 'a PDF',
      hint: 'take its pictures first: pdfimages -all IN.pdf photo',
    },
  ]

/** Names bytes that are no photo, where they are what people have instead. */
export function nameOther(
  bytes: Uint8Array,
): { readonly name: string; readonly hint: string } | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 16))
  return OTHERS.find(({ starts }) => starts.test(text))
}

/**
 * How long the file must be by what its first bytes say, where they say it. Decoders of these
 * formats report a cut-off file as an unknown one; those of JPEG, PNG and GIF tell by themselves.
 */
export function statedLength(bytes: Uint8Array, format: PhotoFormat): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (format === 'webp' && bytes.length >= 8) return view.getUint32(4, true) + 8
  if (format === 'tiff' && bytes.length >= 8) return directoryEnd(view)
  return format === 'avif' || format === 'heic' ? boxesEnd(view) : 0
}

/** Where the last of the top-level boxes of ISO base media ends. */
function boxesEnd(view: DataView): number {
  let at = 0
  while (at + 16 <= view.byteLength) {
    const short = view.getUint32(at)
    const length = short === 1 ? Number(view.getBigUint64(at + 8)) : short
    if (length < 8) return at
    at += length
  }
  return at
}

/** Where the first directory of a (not big) TIFF ends; its entries have 12 bytes each. */
function directoryEnd(view: DataView): number {
  const isLittle = view.getUint8(0) === 0x49
  if (view.getUint16(2, isLittle) !== 42) return 0
  const start = view.getUint32(4, isLittle)
  if (start + 2 > view.byteLength) return start + 2
  return start + 2 + 12 * view.getUint16(start, isLittle) + 4
}
