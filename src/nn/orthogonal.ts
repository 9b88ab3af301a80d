/** Random orthogonal matrices. */
import { cos, log, sin } from "../exact.js";
import type { Key } from "../ops/random.js";
import { threefry } from "../random.js";
import { checkShape, type Shape, sizeOf } from "../shape.js";
import { tensor, type Tensor } from "../tensor.js";
import { checkInitializer, type InitializerOptions } from "./initializers.js";

/**
 * gain · Q, gain 1, with Q [out, in · rest] uniform (Haar) among the matrices whose rows, or columns if they are fewer,
 * are orthonormal. Saxe, McClelland, Ganguli: "Exact solutions to the nonlinear dynamics of learning in deep linear
 * neural networks", 2014. Made in float64 and rounded once.
 */
export function orthogonal(key: Key, shape: Shape, options: InitializerOptions = {}): Tensor {
  checkShape("orthogonal", shape);
  const gain = checkInitializer("orthogonal", key, shape, options, 1);
  const rows = shape[0];
  const cols = sizeOf(shape.slice(1));
  const tall = rows >= cols;
  const [m, n] = tall ? [rows, cols] : [cols, rows];
  const q = haar(key, m, n);
  const weight = Float32Array.from(q, (_, i) => {
    const row = Math.floor(i / cols);
    return gain * (tall ? q[i] : q[(i - row * cols) * n + row]);
  });
  return tensor(weight, shape);
}

/**
 * @internal Q [m, n], m ≥ n, of the QR decomposition with a positive diagonal of R of a matrix of normal deviates: Householder
 * reflections of independent normal vectors. Stewart: "The efficient generation of random orthogonal matrices with an
 * application to condition estimators", 1980, section 3.
 */
export function haar(key: Key, m: number, n: number): Float64Array {
  const q = new Float64Array(m * n);
  for (let j = 0; j < n; j++) q[j * n + j] = 1;
  const normal = deviates(key);
  const vector = new Float64Array(m);
  for (let j = n - 1; j >= 0; j--) {
    for (let i = j; i < m; i++) vector[i] = normal();
    rotate(q, vector, m, n, j);
  }
  return q;
}

/** Applies to rows ≥ j of q the orthogonal matrix that takes the j-th unit vector to x / ‖x‖: ∓(I − 2vvᵀ / vᵀv). */
function rotate(q: Float64Array, x: Float64Array, m: number, n: number, j: number): void {
  let squares = 0;
  for (let i = j; i < m; i++) squares += x[i] * x[i];
  const sign = x[j] < 0 ? -1 : 1;
  const norm = Math.sqrt(squares);
  const half = norm * (norm + Math.abs(x[j])); // vᵀv / 2
  x[j] += sign * norm; // x is v now
  const product = new Float64Array(n); // vᵀq
  for (let i = j; i < m; i++) for (let c = j; c < n; c++) product[c] += x[i] * q[i * n + c];
  for (let i = j; i < m; i++)
    for (let c = j; c < n; c++) q[i * n + c] = -sign * (q[i * n + c] - (x[i] * product[c]) / half);
}

/** @internal Normal deviates by Box and Muller's method, in float64. */
export function deviates(key: Key): () => number {
  let spare: number | undefined;
  let count = 0;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const [u, v] = threefry(key, [count++, 0]).map((word) => ((word >>> 0) + 0.5) / 2 ** 32);
    const radius = Math.sqrt(-2 * log(u));
    spare = radius * sin(2 * Math.PI * v);
    return radius * cos(2 * Math.PI * v);
  };
}
