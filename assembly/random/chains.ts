/** Chains around dropout in one pass. x [rows, cols], bias [cols]; the grid is elements; the stream is that of dropout. */
import { timesPhi, timesPhiSlope } from "../functions/gaussian";
import { Smooth } from "../loops";
import { add, lt, mul, pmax, splat } from "../simd";
import { BLOCK, unit } from "./draw";
import { randomBits } from "./threefry";

class Identity extends Smooth {
  lanes(x: v128): v128 {
    return x;
  }
  slope(x: v128): v128 {
    return splat(1);
  }
}

class Relu extends Smooth {
  lanes(x: v128): v128 {
    return pmax(x, splat(0));
  }
  slope(x: v128): v128 {
    return v128.and(lt(splat(0), x), splat(1));
  }
}

class Gelu extends Smooth {
  lanes(x: v128): v128 {
    return timesPhi(x);
  }
  slope(x: v128): v128 {
    return timesPhiSlope(x);
  }
}

/** What becomes of z = x + bias and of another operand, if it is not dropped; scale = 1 / (1 − rate). */
abstract class Link {
  abstract of(z: v128, other: v128, kept: v128, scale: v128): v128;
}

class Forward<F extends Smooth> extends Link {
  of(z: v128, other: v128, kept: v128, scale: v128): v128 {
    return v128.and(mul(changetype<F>(0).lanes(z), scale), kept);
  }
}

class Backward<F extends Smooth> extends Link {
  of(z: v128, dy: v128, kept: v128, scale: v128): v128 {
    return mul(v128.and(mul(dy, scale), kept), changetype<F>(0).slope(z));
  }
}

class Residual extends Link {
  of(z: v128, residual: v128, kept: v128, scale: v128): v128 {
    return add(residual, v128.and(mul(z, scale), kept));
  }
}

/** y = L(x + bias, other). The function stands in one place, so that it is compiled into the loop. */
function chain<L extends Link>(
  x: usize,
  bias: usize,
  other: usize,
  y: usize,
  key0: i32,
  key1: i32,
  cols: i32,
  rate: f32,
  begin: i32,
  end: i32,
): void {
  const threshold = splat(rate);
  const scale = splat(1 / (1 - rate));
  while (begin < end) {
    const stop = min(end, (begin + BLOCK) & ~31);
    randomBits(y, key0, key1, begin, stop);
    for (let i = begin; i < stop;) {
      const col = i % cols;
      let at = (<usize>i) << 2;
      let b = bias + ((<usize>col) << 2);
      let n = min(cols - col, stop - i);
      i += n;
      while (n > 0) {
        const whole = n >= 4;
        let bits: v128, z: v128, w: v128;
        if (whole) {
          bits = v128.load(y + at);
          z = add(v128.load(x + at), v128.load(b));
          w = v128.load(other + at);
        } else {
          bits = v128.load32_zero(y + at);
          z = add(v128.load32_zero(x + at), v128.load32_zero(b));
          w = v128.load32_zero(other + at);
        }
        const result = changetype<L>(0).of(z, w, f32x4.ge(unit(bits), threshold), scale);
        if (whole) {
          v128.store(y + at, result);
          at += 16;
          b += 16;
          n -= 4;
        } else {
          v128.store32_lane(y + at, result, 0);
          at += 4;
          b += 4;
          n--;
        }
      }
    }
    begin = stop;
  }
}

/** y = dropout(activation(x + bias)); the activation is 0 for none, 1 relu, 2 gelu. */
export function biasActivationDropout(
  x: usize,
  bias: usize,
  y: usize,
  key0: i32,
  key1: i32,
  cols: i32,
  rate: f32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  if (activation == 1) chain<Forward<Relu>>(x, bias, x, y, key0, key1, cols, rate, begin, end);
  else if (activation == 2) chain<Forward<Gelu>>(x, bias, x, y, key0, key1, cols, rate, begin, end);
  else chain<Forward<Identity>>(x, bias, x, y, key0, key1, cols, rate, begin, end);
}

/** dx = dropout(dy) · activation′(x + bias), the stream that of the forward pass. */
export function biasActivationDropoutGrad(
  dy: usize,
  x: usize,
  bias: usize,
  dx: usize,
  key0: i32,
  key1: i32,
  cols: i32,
  rate: f32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  if (activation == 1) chain<Backward<Relu>>(x, bias, dy, dx, key0, key1, cols, rate, begin, end);
  else if (activation == 2) chain<Backward<Gelu>>(x, bias, dy, dx, key0, key1, cols, rate, begin, end);
  else chain<Backward<Identity>>(x, bias, dy, dx, key0, key1, cols, rate, begin, end);
}

/** y = residual + dropout(x + bias) */
export function biasDropoutAdd(
  x: usize,
  bias: usize,
  residual: usize,
  y: usize,
  key0: i32,
  key1: i32,
  cols: i32,
  rate: f32,
  begin: i32,
  end: i32,
): void {
  chain<Residual>(x, bias, residual, y, key0, key1, cols, rate, begin, end);
}
