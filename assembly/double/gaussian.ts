/** Integrals of the normal distribution in float64. */

/**
 * e in erf x = x + x·e(x²) on |x| ≤ 1, and g in erfc x = e^(−x²)·g(v) / (x + 3) for v = (x − 3) / (x + 3) on [0.9, 28], from the
 * highest coefficient on: our own Chebyshev fits; relative errors 7e-18 and 6e-19.
 */
const NEAR = memory.data<f64>([
  -7.795898827002142e-10, 1.3720064546777686e-8, -1.6208483801871705e-7, 1.6447424703317362e-6,
  -1.492473690741966e-5, 0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225,
  -0.02686617064323777, 0.11283791670945006, -0.37612638903183543, 0.12837916709551256,
]);
const FAR = memory.data<f64>([
  -3.0159760992878953e-9, -1.12153872850525e-8, 5.0180265581134964e-8, 5.873727326910104e-8,
  -2.3921853837805874e-7, -4.1461079368676044e-7, 1.0039336473815322e-6, 2.7671390567265835e-6,
  -4.751323770944609e-6, -1.747077113743709e-5, 3.0398673257795335e-5, 0.00010756148318781727,
  -0.00027677792229269086, -0.0005483096881273424, 0.003034062007990728, -0.0012124166275783686,
  -0.026827234624813658, 0.11952776128730469, -0.31046726190055995, 0.5902283571041016, -0.8833944531698836,
  1.0740069070883398,
]);

/** A polynomial of so many coefficients. */
function polynomial(table: usize, count: i32, x: f64): f64 {
  let y = load<f64>(table);
  for (let i = 1; i < count; i++) y = y * x + load<f64>(table + ((<usize>i) << 3));
  return y;
}

/** e^(−k·x²), x² in two parts, the first exact: else its rounding error would be as large as the exponent. */
function bell(x: f64, k: f64): f64 {
  const top = reinterpret<f64>(reinterpret<u64>(x) & 0xfffffffff8000000);
  return Math.exp(-k * top * top) * Math.exp(-k * (x - top) * (x + top));
}

/** e^(x²) · erfc x for x ≥ 0.9 */
function scaledTail(x: f64): f64 {
  return polynomial(FAR, 22, (x - 3) / (x + 3)) / (x + 3);
}

/** erfc x for x ≥ 0.9 */
function tail(x: f64): f64 {
  const a = Math.min(x, 28);
  return bell(a, 1) * scaledTail(a);
}

/** 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: f64): f64 {
  const a = Math.abs(x);
  if (a < 1) return x + x * polynomial(NEAR, 12, x * x);
  return copysign<f64>(1 - tail(a), x);
}

/** 1 − erf x, without cancellation. */
export function erfc(x: f64): f64 {
  if (x < 0.9) return 1 - erf(x);
  return tail(x);
}

/** x · Φ(x) = x · erfc(−x/√2) / 2, whose exponential is that of x²/2 itself. */
export function timesPhi(x: f64): f64 {
  if (x > -1.5) return x * 0.5 * erfc(-x * Math.SQRT1_2);
  const a = Math.min(-x, 40);
  return -a * 0.5 * bell(a, 0.5) * scaledTail(a * Math.SQRT1_2);
}
