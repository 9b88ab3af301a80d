/** Functions of one float64, by the compiler's library of them, and loops over elements. */
import { Binary } from "../loops";
import { bytes } from "../simd";

/** A function of one number. */
export abstract class Scalar {
  abstract of(x: f64): f64;
}

/** y = F(x), element by element; y may be x. */
export function mapEach<F extends Scalar>(x: usize, y: usize, begin: i32, end: i32): void {
  for (let at = bytes(begin); at < bytes(end); at += 8) {
    store<f64>(y + at, changetype<F>(0).of(load<f64>(x + at)));
  }
}

/** A function of two numbers, in each lane. */
export abstract class ScalarPair {
  abstract of(x: f64, y: f64): f64;
}

export class Pairs<F extends ScalarPair> extends Binary {
  lanes(x: v128, y: v128): v128 {
    const f = changetype<F>(0);
    return f64x2(
      f.of(f64x2.extract_lane(x, 0), f64x2.extract_lane(y, 0)),
      f.of(f64x2.extract_lane(x, 1), f64x2.extract_lane(y, 1)),
    );
  }
}
