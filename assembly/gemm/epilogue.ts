/** What is done to finished sums of a product while they are in cache. */
import { add, bytes, DOUBLE, LANES, loadOne, pmax, pmin, sigmoid, splat, storeOne, tanh } from "../simd";

/** A leaf class each: a call through a type parameter is direct only where no class overrides it. */
export abstract class Epilogue {
  /** Whether there is nothing to do. */
  abstract idle(parameter: usize, attribute: i32): bool;
  /** Whether the product is added to what C holds. */
  abstract adds(attribute: i32): bool;
  /** c [rows, cols] with cStep bytes from row to row; the parameter holds one float for each column. */
  abstract finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void;
}

/** C = A·B. */
export class Store extends Epilogue {
  idle(parameter: usize, attribute: i32): bool {
    return true;
  }
  adds(attribute: i32): bool {
    return false;
  }
  finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void {}
}

/** C = A·B, added to what C holds if the attribute is not 0. */
export class Accumulate extends Epilogue {
  idle(parameter: usize, attribute: i32): bool {
    return true;
  }
  adds(attribute: i32): bool {
    return attribute != 0;
  }
  finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void {}
}

/** C = activation(A·B + bias); the attribute is 0 for none, 1 relu, 2 tanh, 3 sigmoid, 4 relu6; no pointer is no bias. */
export class Activate extends Epilogue {
  idle(parameter: usize, attribute: i32): bool {
    return parameter == 0 && attribute == 0;
  }
  adds(attribute: i32): bool {
    return false;
  }
  finish(c: usize, cStep: usize, rows: i32, cols: i32, parameter: usize, attribute: i32): void {
    if (attribute == 1) activate<Relu>(c, cStep, rows, cols, parameter);
    else if (attribute == 4) activate<Relu6>(c, cStep, rows, cols, parameter);
    else if (!DOUBLE && attribute == 2) activate<Tanh>(c, cStep, rows, cols, parameter);
    else if (!DOUBLE && attribute == 3) activate<Sigmoid>(c, cStep, rows, cols, parameter);
    else activate<Identity>(c, cStep, rows, cols, parameter);
  }
}

function activate<F extends Activation>(c: usize, cStep: usize, rows: i32, cols: i32, bias: usize): void {
  for (; rows > 0; rows--) {
    let y = c,
      b = bias,
      n = cols;
    while (n > 0) {
      const whole = n >= LANES;
      let sum = whole ? v128.load(y) : loadOne(y);
      if (bias) sum = add(sum, whole ? v128.load(b) : loadOne(b));
      const result = changetype<F>(0).lanes(sum);
      if (whole) v128.store(y, result);
      else storeOne(y, result);
      const lanes = whole ? LANES : 1;
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
    return pmax(x, splat(0));
  }
}
class Relu6 extends Activation {
  lanes(x: v128): v128 {
    return pmin(pmax(x, splat(0)), splat(6));
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
