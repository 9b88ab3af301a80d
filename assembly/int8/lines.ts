/** What is asked of 8-bit lines before they are multiplied: their bounds, and their sums. */

/** The smallest and the largest of n bytes, as low and high half of a number. */
export function boundsOf(x: usize, n: i32): i32 {
  let least = i8x16.splat(127);
  let most = i8x16.splat(-128);
  for (; n >= 16; n -= 16, x += 16) {
    const v = v128.load(x);
    least = i8x16.min_s(least, v);
    most = i8x16.max_s(most, v);
  }
  for (; n > 0; n--, x++) {
    const v = i8x16.splat(load<i8>(x));
    least = i8x16.min_s(least, v);
    most = i8x16.max_s(most, v);
  }
  let low = 127;
  let high = -128;
  // Lane by lane, by turning both.
  for (let i = 0; i < 16; i++) {
    low = min(low, <i32>i8x16.extract_lane_s(least, 0));
    high = max(high, <i32>i8x16.extract_lane_s(most, 0));
    least = v128.shuffle<i8>(least, least, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
    most = v128.shuffle<i8>(most, most, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
  }
  return (low & 0xffff) | (high << 16);
}

/** Steps whose sum 16 bits hold. */
const SHORT: i32 = 128;

/** sums[i] = factor · Σ of the n elements of line i, i32. */
export function sumLines(
  x: usize,
  across: usize,
  along: usize,
  lines: i32,
  n: i32,
  factor: i32,
  sums: usize,
): void {
  if (across == 1) {
    for (; lines >= 8; lines -= 8, x += 8, sums += 32) {
      let low = i32x4.splat(0);
      let high = low;
      let from = x;
      for (let p = 0; p < n;) {
        let total = i16x8.splat(0);
        for (const stop = min(p + SHORT, n); p < stop; p++, from += along) {
          total = i16x8.add(total, v128.load8x8_s(from));
        }
        low = i32x4.add(low, i32x4.extend_low_i16x8_s(total));
        high = i32x4.add(high, i32x4.extend_high_i16x8_s(total));
      }
      v128.store(sums, i32x4.mul(low, i32x4.splat(factor)));
      v128.store(sums, i32x4.mul(high, i32x4.splat(factor)), 16);
    }
  }
  for (; lines > 0; lines--, x += across, sums += 4) {
    let total = 0;
    let p = 0;
    if (along == 1) {
      let four = i32x4.splat(0);
      for (; p <= n - 16; p += 16) {
        const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(x + p));
        four = i32x4.add(four, i32x4.extadd_pairwise_i16x8_s(pairs));
      }
      total = sumOf(four);
    }
    for (; p < n; p++) total += load<i8>(x + along * p);
    store<i32>(sums, factor * total);
  }
}

/** The sum of four i32. */
export function sumOf(x: v128): i32 {
  const pairs = i32x4.add(x, v128.shuffle<i64>(x, x, 1, 0));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}
