/** Radix sort of rows: digits from the lowest on, each pass stable (Knuth, The Art of Computer Programming 3, 5.2.5). */

/** Rows shorter than this are sorted by insertion; shorter than the next, by digits of 8 bits instead of 11. */
const FEW = 48;
const SHORT = 4096;

/** How the bits of an element become a number that orders as it does, and back. */
export abstract class Key {
  abstract of(bits: u32): u32;
  abstract bits(key: u32): u32;
}

/** −∞ … −0, 0 … ∞, NaN. */
export class Real extends Key {
  of(bits: u32): u32 {
    if ((bits & 0x7fffffff) > 0x7f800000) return 0xffffffff;
    return bits ^ ((<u32>((<i32>bits) >> 31)) | 0x80000000);
  }
  bits(key: u32): u32 {
    if (key == 0xffffffff) return 0x7fc00000;
    return key ^ ((<u32>((<i32>~key) >> 31)) | 0x80000000);
  }
}

export class Int extends Key {
  of(bits: u32): u32 {
    return bits ^ 0x80000000;
  }
  bits(key: u32): u32 {
    return key ^ 0x80000000;
  }
}

/** y [n] = keys of x [n], turned over for a descending order. */
export function keysOf<K extends Key>(x: usize, y: usize, n: i32, flip: u32): void {
  for (const end = x + ((<usize>n) << 2); x < end; x += 4, y += 4) {
    store<u32>(y, changetype<K>(0).of(load<u32>(x)) ^ flip);
  }
}

/** The bytes of counts that `sortKeys` needs: three digits of 11 bits. */
export const COUNTS: usize = 3 * 2048 * 4;

/** counts = how often each value of each digit occurs. */
function countDigits(keys: usize, n: i32, counts: usize, width: i32, digits: i32): void {
  memory.fill(counts, 0, (<usize>digits) << (width + 2));
  const mask = (1 << width) - 1;
  for (const end = keys + ((<usize>n) << 2); keys < end; keys += 4) {
    let key = load<u32>(keys);
    for (
      let at = counts, stop = counts + ((<usize>digits) << (width + 2));
      at < stop;
      at += (<usize>4) << width
    ) {
      const place = at + ((<usize>(key & mask)) << 2);
      store<i32>(place, load<i32>(place) + 1);
      key >>= width;
    }
  }
}

/** The counts of one digit become places: the sum of those before. Whether all keys have the same digit. */
function placesOf(counts: usize, width: i32, n: i32): bool {
  let sum = 0;
  for (const end = counts + ((<usize>4) << width); counts < end; counts += 4) {
    const count = load<i32>(counts);
    if (count == n) return true;
    store<i32>(counts, sum);
    sum += count;
  }
  return false;
}

function scatter(from: usize, to: usize, n: i32, counts: usize, shift: i32, mask: u32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 4) {
    const key = load<u32>(from);
    const place = counts + ((<usize>((key >> shift) & mask)) << 2);
    const at = load<i32>(place);
    store<i32>(place, at + 1);
    store<u32>(to + ((<usize>at) << 2), key);
  }
}

/** The same of keys that take a companion with them. */
function scatterBoth(
  from: usize,
  to: usize,
  companions: usize,
  their: usize,
  n: i32,
  counts: usize,
  shift: i32,
  mask: u32,
): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const key = load<u32>(from + i);
    const place = counts + ((<usize>((key >> shift) & mask)) << 2);
    const at = load<i32>(place);
    store<i32>(place, at + 1);
    store<u32>(to + ((<usize>at) << 2), key);
    store<u32>(their + ((<usize>at) << 2), load<u32>(companions + i));
  }
}

/** Sorts n keys and, unless companions is 0, moves these with them. */
function insert(keys: usize, companions: usize, n: i32): void {
  for (let i = 1; i < n; i++) {
    const key = load<u32>(keys + (i << 2));
    const companion = companions ? load<u32>(companions + (i << 2)) : 0;
    let j = i - 1;
    for (; j >= 0 && load<u32>(keys + (j << 2)) > key; j--) {
      store<u32>(keys + (j << 2), load<u32>(keys + (j << 2)), 4);
      if (companions) store<u32>(companions + (j << 2), load<u32>(companions + (j << 2)), 4);
    }
    store<u32>(keys + (j << 2), key, 4);
    if (companions) store<u32>(companions + (j << 2), companion, 4);
  }
}

/**
 * Sorts keys [n], and companions [n] with them unless 0, stably; spare and spares are as large, counts of COUNTS bytes.
 * The result is where it was, or in the spare ones: returns which.
 */
export function sortKeys(
  keys: usize,
  spare: usize,
  companions: usize,
  spares: usize,
  n: i32,
  counts: usize,
): bool {
  if (n < FEW) {
    insert(keys, companions, n);
    return false;
  }
  const width = n < SHORT ? 8 : 11;
  const digits = n < SHORT ? 4 : 3;
  countDigits(keys, n, counts, width, digits);
  let swapped = false;
  for (let digit = 0; digit < digits; digit++, counts += (<usize>4) << width) {
    if (placesOf(counts, width, n)) continue;
    const from = swapped ? spare : keys;
    const to = swapped ? keys : spare;
    const shift = digit * width;
    const mask = (1 << width) - 1;
    if (!companions) scatter(from, to, n, counts, shift, mask);
    else
      scatterBoth(
        from,
        to,
        swapped ? spares : companions,
        swapped ? companions : spares,
        n,
        counts,
        shift,
        mask,
      );
    swapped = !swapped;
  }
  return swapped;
}
