;; The inner loops of resample.ts in WebAssembly SIMD: weighted sums of neighbouring pixels, in integers, so that
;; every CPU gives the same bytes. `npx tsx scripts/make-warp-kernel.ts` assembles it into warp-kernel-bytes.ts.
;;
;; Weights: int16, 14 bits after the point, `[phases, taps]`, taps a multiple of 4.
;; Row pass: source bytes → int16 with 6 bits after the point, `int16[rows, px, 4]`: red, green, blue, validity.
;; Column pass: those → bytes. One i32x4.dot_i16x8_s adds two taps of all four channels.
(module
  (memory (export "memory") 1)
  (global $px (mut i32) (i32.const 0))
  (global $taps (mut i32) (i32.const 0))
  (global $weights (mut i32) (i32.const 0))
  ;; The first tap of the next output pixel, 32.32 fixed point, and its first and second difference.
  (global $position (mut i64) (i64.const 0))
  (global $step (mut i64) (i64.const 0))
  (global $bend (mut i64) (i64.const 0))

  (func (export "setKernel") (param $weights i32) (param $taps i32) (param $px i32)
    (global.set $weights (local.get $weights))
    (global.set $taps (local.get $taps))
    (global.set $px (local.get $px)))

  (func $toFixed (param $value f64) (result i64)
    (i64.trunc_sat_f64_s (f64.nearest (f64.mul (local.get $value) (f64.const 4294967296)))))

  ;; Where the taps of a line's pixels begin: start + i·step + i(i−1)/2·bend; half a phase is in start already.
  (func (export "setPositions") (param $start f64) (param $step f64) (param $bend f64)
    (global.set $position (call $toFixed (local.get $start)))
    (global.set $step (call $toFixed (local.get $step)))
    (global.set $bend (call $toFixed (local.get $bend))))

  ;; One line of `uint8[width, 3]` → `int16[px, 4]`, the fourth 0.
  (func (export "rowRgb") (param $line i32) (param $out i32)
    (local $position i64) (local $step i64) (local $at i32) (local $weight i32)
    (local $weightEnd i32) (local $tapBytes i32) (local $end i32) (local $sum v128)
    (local $pixels v128)
    (local.set $tapBytes (i32.shl (global.get $taps) (i32.const 1)))
    (local.set $position (global.get $position))
    (local.set $step (global.get $step))
    (local.set $end (i32.add (local.get $out) (i32.shl (global.get $px) (i32.const 3))))
    (loop $pixel
      (local.set $at (i32.add (local.get $line)
        (i32.mul (i32.wrap_i64 (i64.shr_s (local.get $position) (i64.const 32))) (i32.const 3))))
      (local.set $weight (i32.add (global.get $weights)
        (i32.mul
          (i32.and (i32.wrap_i64 (i64.shr_u (local.get $position) (i64.const 23))) (i32.const 511))
          (local.get $tapBytes))))
      (local.set $weightEnd (i32.add (local.get $weight) (local.get $tapBytes)))
      (local.set $sum (v128.const i32x4 128 128 128 128))
      (loop $tap
        (local.set $pixels (v128.load (local.get $at)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
          (v128.load32_splat (local.get $weight)))))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1))
          (v128.load32_splat offset=4 (local.get $weight)))))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $weightEnd))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 8)))
      (v128.store64_lane 0 (local.get $out)
        (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (local.set $position (i64.add (local.get $position) (local.get $step)))
      (local.set $step (i64.add (local.get $step) (global.get $bend)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $pixel (i32.lt_u (local.get $out) (local.get $end)))))

  ;; One line of `uint8[width, 4]` → `int16[px, 4]`, the fourth its validity.
  (func (export "rowRgbv") (param $line i32) (param $out i32)
    (local $position i64) (local $step i64) (local $at i32) (local $weight i32)
    (local $weightEnd i32) (local $tapBytes i32) (local $end i32) (local $sum v128)
    (local $pixels v128)
    (local.set $tapBytes (i32.shl (global.get $taps) (i32.const 1)))
    (local.set $position (global.get $position))
    (local.set $step (global.get $step))
    (local.set $end (i32.add (local.get $out) (i32.shl (global.get $px) (i32.const 3))))
    (loop $pixel
      (local.set $at (i32.add (local.get $line)
        (i32.shl (i32.wrap_i64 (i64.shr_s (local.get $position) (i64.const 32))) (i32.const 2))))
      (local.set $weight (i32.add (global.get $weights)
        (i32.mul
          (i32.and (i32.wrap_i64 (i64.shr_u (local.get $position) (i64.const 23))) (i32.const 511))
          (local.get $tapBytes))))
      (local.set $weightEnd (i32.add (local.get $weight) (local.get $tapBytes)))
      (local.set $sum (v128.const i32x4 128 128 128 128))
      (loop $tap
        (local.set $pixels (v128.load (local.get $at)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 0 -1 4 -1 1 -1 5 -1 2 -1 6 -1 3 -1 7 -1))
          (v128.load32_splat (local.get $weight)))))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 8 -1 12 -1 9 -1 13 -1 10 -1 14 -1 11 -1 15 -1))
          (v128.load32_splat offset=4 (local.get $weight)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $weightEnd))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 8)))
      (v128.store64_lane 0 (local.get $out)
        (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (local.set $position (i64.add (local.get $position) (local.get $step)))
      (local.set $step (i64.add (local.get $step) (global.get $bend)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $pixel (i32.lt_u (local.get $out) (local.get $end)))))

  ;; One line of the picture, `uint8[px, 3]`; writes one byte beyond its end.
  (func (export "columnRgb") (param $rows i32) (param $out i32)
    (local $position i64) (local $step i64) (local $end i32) (local $sum v128)
    (local $at i32) (local $next i32) (local $stride i32) (local $weight i32)
    (local $weightEnd i32) (local $tapBytes i32)
    (local.set $tapBytes (i32.shl (global.get $taps) (i32.const 1)))
    (local.set $stride (i32.shl (global.get $px) (i32.const 3)))
    (local.set $position (global.get $position))
    (local.set $step (global.get $step))
    (local.set $end (i32.add (local.get $out) (i32.mul (global.get $px) (i32.const 3))))
    (loop $pixel
      (local.set $at (i32.add (local.get $rows)
        (i32.mul (i32.wrap_i64 (i64.shr_s (local.get $position) (i64.const 32)))
          (local.get $stride))))
      (local.set $weight (i32.add (global.get $weights)
        (i32.mul
          (i32.and (i32.wrap_i64 (i64.shr_u (local.get $position) (i64.const 23))) (i32.const 511))
          (local.get $tapBytes))))
      (local.set $weightEnd (i32.add (local.get $weight) (local.get $tapBytes)))
      (local.set $sum (v128.const i32x4 524288 524288 524288 524288))
      (loop $tap
        (local.set $next (i32.add (local.get $at) (local.get $stride)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (v128.load64_zero (local.get $at)) (v128.load64_zero (local.get $next)))
          (v128.load32_splat (local.get $weight)))))
        (local.set $at (i32.add (local.get $next) (local.get $stride)))
        (local.set $next (i32.add (local.get $at) (local.get $stride)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (v128.load64_zero (local.get $at)) (v128.load64_zero (local.get $next)))
          (v128.load32_splat offset=4 (local.get $weight)))))
        (local.set $at (i32.add (local.get $next) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $weightEnd))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 20)))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (v128.store32_lane 0 (local.get $out)
        (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 8)))
      (local.set $position (i64.add (local.get $position) (local.get $step)))
      (local.set $step (i64.add (local.get $step) (global.get $bend)))
      (local.set $out (i32.add (local.get $out) (i32.const 3)))
      (br_if $pixel (i32.lt_u (local.get $out) (local.get $end)))))

  ;; The same where the source has holes: colours over validity where at least half of the weight is valid,
  ;; else 0. `isValid`: `uint8[px]`.
  (func (export "columnRgbv") (param $rows i32) (param $out i32) (param $isValid i32)
    (local $position i64) (local $step i64) (local $end i32) (local $sum v128) (local $valid f32)
    (local $isHere i32)
    (local $at i32) (local $next i32) (local $stride i32) (local $weight i32)
    (local $weightEnd i32) (local $tapBytes i32)
    (local.set $tapBytes (i32.shl (global.get $taps) (i32.const 1)))
    (local.set $stride (i32.shl (global.get $px) (i32.const 3)))
    (local.set $position (global.get $position))
    (local.set $step (global.get $step))
    (local.set $end (i32.add (local.get $out) (i32.mul (global.get $px) (i32.const 3))))
    (loop $pixel
      (local.set $at (i32.add (local.get $rows)
        (i32.mul (i32.wrap_i64 (i64.shr_s (local.get $position) (i64.const 32)))
          (local.get $stride))))
      (local.set $weight (i32.add (global.get $weights)
        (i32.mul
          (i32.and (i32.wrap_i64 (i64.shr_u (local.get $position) (i64.const 23))) (i32.const 511))
          (local.get $tapBytes))))
      (local.set $weightEnd (i32.add (local.get $weight) (local.get $tapBytes)))
      (local.set $sum (v128.const i64x2 0 0))
      (loop $tap
        (local.set $next (i32.add (local.get $at) (local.get $stride)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (v128.load64_zero (local.get $at)) (v128.load64_zero (local.get $next)))
          (v128.load32_splat (local.get $weight)))))
        (local.set $at (i32.add (local.get $next) (local.get $stride)))
        (local.set $next (i32.add (local.get $at) (local.get $stride)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (v128.load64_zero (local.get $at)) (v128.load64_zero (local.get $next)))
          (v128.load32_splat offset=4 (local.get $weight)))))
        (local.set $at (i32.add (local.get $next) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $weightEnd))))
      (local.set $sum (f32x4.convert_i32x4_s (local.get $sum)))
      (local.set $valid (f32x4.extract_lane 3 (local.get $sum)))
      ;; 127.5 · 2²⁰
      (local.set $isHere (f32.ge (local.get $valid) (f32.const 133693440)))
      (i32.store8 (local.get $isValid) (local.get $isHere))
      (local.set $sum (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.mul
        (local.get $sum)
        (f32x4.splat (f32.div
          (f32.convert_i32_s (i32.mul (local.get $isHere) (i32.const 255)))
          (f32.max (local.get $valid) (f32.const 1))))))))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (v128.store32_lane 0 (local.get $out)
        (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 8)))
      (local.set $position (i64.add (local.get $position) (local.get $step)))
      (local.set $step (i64.add (local.get $step) (global.get $bend)))
      (local.set $isValid (i32.add (local.get $isValid) (i32.const 1)))
      (local.set $out (i32.add (local.get $out) (i32.const 3)))
      (br_if $pixel (i32.lt_u (local.get $out) (local.get $end)))))

  ;; 1 where the fourth byte of some pixel is not 255; looks at 16 bytes at a time, beyond `to` as well: the caller
  ;; fills those with 255.
  (func (export "hasHoles") (param $from i32) (param $to i32) (result i32)
    (local $all v128)
    (local.set $all (v128.const i32x4 -1 -1 -1 -1))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $all (v128.and (local.get $all) (v128.load (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $more)))
    (i32.eqz (i32x4.all_true (i32x4.eq
      (v128.and (local.get $all) (v128.const i32x4 0xff000000 0xff000000 0xff000000 0xff000000))
      (v128.const i32x4 0xff000000 0xff000000 0xff000000 0xff000000)))))
)
