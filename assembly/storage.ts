/** How numbers lie in memory: read as lanes of reals, and written from them. */
import { DOUBLE, loadOne, storeOne, WORD } from "./simd";

/** A type in memory. A leaf class each: a call through a type parameter is direct only where no class overrides it. */
export abstract class Storage {
  /** The bytes of one. */
  abstract width(): usize;
  /** LANES of them. */
  abstract load(p: usize): v128;
  /** One in the first lane, 0 in the others. */
  abstract loadOne(p: usize): v128;
  abstract store(p: usize, x: v128): void;
  abstract storeOne(p: usize, x: v128): void;
}

/** A type that loops write four vectors of at a time. */
export abstract class Output extends Storage {
  abstract storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void;
}

/** Reals, or whatever is as long as they. */
export class Reals extends Output {
  width(): usize {
    return WORD;
  }
  load(p: usize): v128 {
    return v128.load(p);
  }
  loadOne(p: usize): v128 {
    return loadOne(p);
  }
  store(p: usize, x: v128): void {
    v128.store(p, x);
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    v128.store(p, a);
    v128.store(p, b, 16);
    v128.store(p, c, 32);
    v128.store(p, d, 48);
  }
  storeOne(p: usize, x: v128): void {
    storeOne(p, x);
  }
}

/** The lower words of the lanes of a, then of b, where lanes have two words; else a. */
function lowWords(a: v128, b: v128): v128 {
  return DOUBLE ? v128.shuffle<i32>(a, b, 0, 2, 4, 6) : a;
}

/** LANES words, side by side in the lowest lanes. */
export function loadWords(p: usize): v128 {
  return DOUBLE ? v128.load64_zero(p) : v128.load(p);
}

export function storeWords(p: usize, words: v128): void {
  if (DOUBLE) v128.store64_lane(p, words, 0);
  else v128.store(p, words);
}

/** Integers of 32 bits that no one computes with: each is in the lower word of a lane. */
export class Words extends Output {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    return DOUBLE ? v128.load32x2_u(p) : v128.load(p);
  }
  loadOne(p: usize): v128 {
    return v128.load32_zero(p);
  }
  store(p: usize, x: v128): void {
    storeWords(p, lowWords(x, x));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    v128.store(p, lowWords(a, b));
    v128.store(p, DOUBLE ? lowWords(c, d) : b, 16);
    if (DOUBLE) return;
    v128.store(p, c, 32);
    v128.store(p, d, 48);
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, x, 0);
  }
}

/** 1 where the mask is all ones, else 0. */
function truth(mask: v128): v128 {
  return i32x4.shr_u(mask, 31);
}

/** Truth values, words of 0 or 1; in lanes, masks. */
export class Truths extends Output {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    const zero = i32x4.splat(0);
    return DOUBLE ? i64x2.ne(v128.load32x2_u(p), zero) : i32x4.ne(v128.load(p), zero);
  }
  loadOne(p: usize): v128 {
    const mask = i32x4.ne(v128.load32_zero(p), i32x4.splat(0));
    return DOUBLE ? v128.shuffle<i32>(mask, mask, 0, 0, 2, 2) : mask;
  }
  store(p: usize, x: v128): void {
    storeWords(p, truth(lowWords(x, x)));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    changetype<Words>(0).storeFour(p, truth(a), truth(b), truth(c), truth(d));
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, truth(x), 0);
  }
}
