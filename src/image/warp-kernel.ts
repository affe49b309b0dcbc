/** The compiled warp-kernel.wat: its functions, and the one memory that they work in. */
import { WARP_KERNEL_BASE64 } from './warp-kernel-bytes.ts'

/** Node has it; its types do not say so. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: WarpKernel }
}

/** What warp-kernel.wat exports; addresses are byte offsets into `memory`. */
export interface WarpKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  /** Which weights the passes use, and how many output pixels a line has. */
  setKernel(weights: number, taps: number, px: number): void
  /** First tap of pixel i of the next line: start + i·step + i(i−1)/2·bend, half a phase added. */
  setPositions(start: number, step: number, bend: number): void
  /** `uint8[width, 3]` → `int16[px, 4]`. */
  rowRgb(line: number, out: number): void
  /** `uint8[width, 4]` → `int16[px, 4]`. */
  rowRgbv(line: number, out: number): void
  /** `int16[rows, px, 4]` → `uint8[px, 3]`; one byte beyond its end is overwritten. */
  columnRgb(rows: number, out: number): void
  /** The same with validity, `uint8[px]`. */
  columnRgbv(rows: number, out: number, isValid: number): void
  /** 1 where one of the pixels `uint8[n, 4]` between two addresses is not valid. */
  hasHoles(from: number, to: number): number
}

const PAGE_BYTES = 65536

/** Everything runs on one thread and nothing in a warp waits, so that one memory is enough. */
export const warpKernel = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(WARP_KERNEL_BASE64, 'base64')),
).exports

let bytes = new Uint8Array(warpKernel.memory.buffer)

/**
 * The kernel's memory, at least so large; views of it from before this call may be void, the bytes
 * stay.
 */
export function reserveKernelMemory(byteCount: number): Uint8Array {
  if (bytes.length < byteCount) {
    warpKernel.memory.grow(Math.ceil((byteCount - bytes.length) / PAGE_BYTES))
    bytes = new Uint8Array(warpKernel.memory.buffer)
  }
  return bytes
}
