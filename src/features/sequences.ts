/** Points that fill the unit cube more evenly than random ones, each of them uniform by itself. */
import { OptionError } from "../errors.js";
import type { Key } from "../ops/random.js";
import { foldIn, threefry } from "../random.js";
import { uniforms } from "./normal.js";

/** n points in (0, 1)^d, row by row. */
export type Points = (key: Key, n: number, d: number) => Float64Array;

/** The first `count` prime numbers. */
function primes(count: number): number[] {
  const found: number[] = [];
  const isPrime = (n: number): boolean => {
    for (const p of found) {
      if (p * p > n) return true;
      if (n % p === 0) return false;
    }
    return true;
  };
  for (let n = 2; found.length < count; n++) if (isPrime(n)) found.push(n);
  return found;
}

/** The numbers 0 … n − 1 in random order. */
function shuffled(n: number, uniform: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Halton's sequence with a random permutation of the digits at every place: in dimension k the i-th point has the digits of i to the base of
 * the k-th prime, the last one first behind the point; beyond 53 bits it is random. Owen: "A randomized Halton algorithm in R", 2017.
 */
export function halton(key: Key, n: number, d: number): Float64Array {
  const points = new Float64Array(n * d);
  primes(d).forEach((base, k) => {
    const uniform = uniforms(foldIn(key, k));
    const places: number[][] = [];
    for (let weight = 1; weight > 2 ** -53; weight /= base) places.push(shuffled(base, uniform));
    for (let i = 0; i < n; i++) {
      let [rest, weight, sum] = [i, 1, 0];
      for (const order of places) {
        weight /= base;
        sum += weight * order[rest % base];
        rest = Math.floor(rest / base);
      }
      points[i * d + k] = Math.min(sum + weight * uniform(), 1 - 2 ** -53) || 2 ** -54;
    }
  });
  return points;
}

/**
 * For the dimensions from the second on: a primitive polynomial over the field of two elements, by its bits, and the first direction numbers, to base
 * 36. Joe, Kuo: "Constructing Sobol sequences with better two-dimensional projections", 2008, their table new-joe-kuo-6.21201.
 */
const DIRECTIONS =
  "3 1,7 1 3,b 1 3 1,d 1 1 1,j 1 1 3 3,p 1 3 5 d,11 1 1 5 5 h,15 1 1 5 5 5,1b 1 1 7 b j,1j 1 1 5 1 1," +
  "1n 1 1 1 3 b,1p 1 3 5 5 v,1v 1 3 3 9 7 1d,2j 1 1 1 f l l,2p 1 3 1 d r 1d,2v 1 1 1 f 7 5," +
  "31 1 3 1 f d p,37 1 1 5 5 j 1p,3n 1 3 7 b n f 2v,3t 1 3 7 d d f 1x,3z 1 1 3 d 7 z 1r," +
  "41 1 3 5 9 1 p 1h,4d 1 3 1 d 9 z 2z,4n 1 3 1 5 r 1p v,4r 1 1 5 b j 15 1p,55 1 3 5 3 3 d 1x," +
  "5b 1 1 7 d 1 j 1,5d 1 3 7 5 d j 1n,5n 1 1 3 9 p t 15,5v 1 3 5 d n 1 1j,5x 1 3 7 3 d 1n h," +
  "6d 1 3 1 3 5 1h 1x,6n 1 1 5 5 n x d,6p 1 1 7 7 1 1p 3f,6v 1 1 7 9 d 1p 1d,71 1 3 3 5 3 1j x," +
  "7x 1 3 1 f v d 1d 6t,8b 1 3 5 f v 1n 1r 2p,8d 1 3 1 b b b 25 6x,99 1 3 1 b r 17 1z 9," +
  "9r 1 1 7 f l b 29 19,9v 1 3 7 3 p v 1t 27,9x 1 3 1 1 j b 3 5p,a1 1 1 5 9 j l t 4d," +
  "a9 1 3 7 b 1 x 2h 55,av 1 3 3 3 f 9 27 1z,b1 1 3 7 b f 13 3b r,bt 1 1 3 1 b v 2p 69," +
  "cj 1 1 1 3 n 17 1l 4x,cv 1 3 7 7 h h 11 1z,dj 1 3 1 5 r 1r 3f 5x,dx 1 1 3 5 b 17 1h 3p," +
  "ep 1 3 5 5 t h 1b 4t db,ez 1 3 3 b 3 1 31 9 1x,f5 1 1 1 5 h 13 n 5 9j,fh 1 3 1 5 p f v 2v dv," +
  "fn 1 1 1 b b h 1r 2x 53,gp 1 1 5 b 9 t 2p 6f a3,gv 1 1 5 f j 19 15 7 an,h5 1 3 7 7 v j 2b 3t 65," +
  "hb 1 1 1 3 n f 33 67 2b,hj 1 1 5 d v f 1j p 4h,hp 1 1 3 d p 1b 13 2f 75";

/** Dimensions that the table has. */
const DIMENSIONS = 64;
const BITS = 32;

/** The direction numbers of dimension k, as fractions of 32 bits. */
function directions(k: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (k === 0) return v.map((_, bit) => 2 ** (BITS - 1 - bit));
  const [polynomial, ...first] = DIRECTIONS.split(",")[k - 1].split(" ").map((word) => parseInt(word, 36)); // prettier-ignore
  const degree = first.length;
  first.forEach((m, i) => (v[i] = m * 2 ** (BITS - 1 - i)));
  for (let i = degree; i < BITS; i++) {
    v[i] = v[i - degree] ^ (v[i - degree] >>> degree);
    for (let j = 1; j < degree; j++) if ((polynomial >> (degree - j)) & 1) v[i] ^= v[i - j];
  }
  return v;
}

/**
 * Sobol's sequence, all points shifted by the same random bits. d at most 64, n at most 2³². Sobol: "On the distribution of points in a cube and the
 * approximate evaluation of integrals", 1967.
 */
export function sobol(key: Key, n: number, d: number): Float64Array {
  if (d > DIMENSIONS)
    throw new OptionError(
      `sobolProjection: d is ${d}, expected at most ${DIMENSIONS} (haltonProjection has no bound)`,
    );
  const points = new Float64Array(n * d);
  for (let k = 0; k < d; k++) {
    const v = directions(k);
    const [shift, low] = threefry(key, [k, 0]);
    const rest = ((low >>> 0) + 0.5) / 2 ** 64;
    // From point to point the bit that Gray's code changes.
    for (let i = 0, x = shift; i < n; i++) {
      points[i * d + k] = (x >>> 0) / 2 ** 32 + rest;
      x ^= v[31 - Math.clz32(~i & (i + 1))];
    }
  }
  return points;
}
