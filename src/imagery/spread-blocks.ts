/** Blocks of a picture that stand for all of it. Pure. */
import type { PixelRect } from '../image/resample.ts'

/**
 * What is asked of a picture, px: the sizes of it and of what is decoded together, tiles or strips.
 */
export interface BlockedPicture {
  getWidth(): number
  getHeight(): number
  getTileWidth(): number
  getTileHeight(): number
}

/**
 * Whole tiles or strips, evenly spread in both directions: one row of tiles alone may lie outside
 * of a picture that is turned in its frame.
 * @param pixelsMax  about so many pixels at most, one block at least
 */
export function* spreadBlocks(picture: BlockedPicture, pixelsMax: number): Generator<PixelRect> {
  const [width, height] = [picture.getWidth(), picture.getHeight()]
  const blockWidth = Math.min(width, picture.getTileWidth())
  const blockHeight = Math.min(height, picture.getTileHeight())
  const columns = Math.ceil(width / blockWidth)
  const rows = Math.ceil(height / blockHeight)
  const every = Math.max(1, (columns * rows * blockWidth * blockHeight) / pixelsMax)
  const across = Math.min(columns, Math.ceil(Math.sqrt(every)))
  const down = Math.min(rows, Math.ceil(every / across))
  for (let row = (down - 1) >> 1; row < rows; row += down) {
    for (let column = (across - 1) >> 1; column < columns; column += across) {
      const [x, y] = [column * blockWidth, row * blockHeight]
      yield {
        x,
        y,
        width: Math.min(blockWidth, width - x),
        height: Math.min(blockHeight, height - y),
      }
    }
  }
}
