/** What is done to finished sums of a product while they are in cache. */
import { bytes, sigmoid, tanh } from "../simd";

/** A leaf class each: a call through a type parameter is direct only where no class overrides it. */
export abstract class Epilogue {
  /** Whether there is nothing to do. */
  abstract idle(): bool;
  /** c [rows, cols] with cStep bytes from row to row; the parameter holds one float for each column. */
  abstract finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void;
}

/** C = A·B. */
export class Store extends Epilogue {
  idle(): bool {
    return true;
  }
  finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void {}
}

/** C = activation(A·B + bias); the attribute is 0 for none, 1 relu, 2 tanh, 3 sigmoid. */
export class Activate extends Epilogue {
  idle(): bool {
    return false;
  }
  finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void {
    if (attribute == 1) activate<Relu>(c, cStep, rows, cols, parameter);
    else if (attribute == 2) activate<Tanh>(c, cStep, rows, cols, parameter);
    else if (attribute == 3) activate<Sigmoid>(c, cStep, rows, cols, parameter);
    else activate<Identity>(c, cStep, rows, cols, parameter);
  }
}

function activate<F extends Activation>(c: usize, cStep: usize, rows: i32, cols: i32, bias: usize): void {
  for (; rows > 0; rows--) {
    let y = c,
      b = bias,
      n = cols;
    while (n > 0) {
      const whole = n >= 4;
      const sum = whole
        ? f32x4.add(v128.load(y), v128.load(b))
        : f32x4.add(v128.load32_zero(y), v128.load32_zero(b));
      const result = changetype<F>(0).lanes(sum);
      if (whole) v128.store(y, result);
      else v128.store_lane<f32>(y, result, 0);
      const lanes = whole ? 4 : 1;
      y += bytes(lanes);
      b += bytes(lanes);
      n -= lanes;
    }
    c += cStep;
  }
}

abstract class Activation {
  abstract lanes(x: v128): v128;
}
class Identity extends Activation {
  lanes(x: v128): v128 {
    return x;
  }
}
class Relu extends Activation {
  lanes(x: v128): v128 {
    return f32x4.max(x, f32x4.splat(0));
  }
}
class Tanh extends Activation {
  lanes(x: v128): v128 {
    return tanh(x);
  }
}
class Sigmoid extends Activation {
  lanes(x: v128): v128 {
    return sigmoid(x);
  }
}
