/** Complex exponentials of projections, as pairs of reals, and their gradients. */
import { ShapeError } from "../errors.js";
import { features as part } from "../generated/features.js";
import { op } from "../op.js";
import { sameShape, show } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, mul, sub } from "./binary.js";
import { columnSums, halfSquares, halves, projected, projectedBack, projectionGrad, sideBySide } from "./features/definitions.js"; // prettier-ignore
import { backward, checkRows, columnsOf, forward, isWhole, type Of, type Projection, projectionOf, rowsOf } from "./features/plans.js"; // prettier-ignore
import { reshape, slice } from "./movement.js";
import { stack } from "./joining.js";
import { sum } from "./reduce.js";
import { cos, sin } from "./transcendental.js";
import { exp } from "./unary.js";

/** Rows of `columns`: p, q, γ, u, v, c. */
const column = (columns: Tensor, i: number): Tensor =>
  reshape(slice(columns, [i, 0], [1, -1]), [columns.shape[1]]);

/** The features in plain ops. */
function complex(x: Tensor, w: Tensor, columns: Tensor): Tensor {
  const [z, s] = [projected(x, w), halfSquares(x)];
  const combined = (i: number): Tensor =>
    add(add(mul(z, column(columns, i)), mul(s, column(columns, i + 1))), column(columns, i + 2));
  const [e, b] = [exp(combined(0)), combined(3)];
  return sideBySide([mul(e, cos(b)), mul(e, sin(b))]);
}

/** The cotangents of exponents and angles. */
function pull(dy: Tensor, y: Tensor): [da: Tensor, db: Tensor] {
  const [dcos, dsin] = halves(dy);
  const [cosine, sine] = halves(y);
  return [add(mul(dcos, cosine), mul(dsin, sine)), sub(mul(dsin, cosine), mul(dcos, sine))];
}

type Columns = [x: Tensor, w: Tensor, columns: Tensor];

function complexOf(name: string, [x, w, columns]: readonly Spec[]): Projection {
  const p = projectionOf(name, x, w);
  if (!sameShape(columns.shape, [6, p.D]))
    throw new ShapeError(
      `${name}: columns is ${show(columns.shape)}, expected [6, ${p.D}] (${columnsOf(p, w)})`,
    );
  return p;
}

/**
 * `complexFeatures(x, w, columns)`: y = [e^a cos b, e^a sin b], the real and imaginary parts of e^(a + ib), a = p z + q s + γ and b = u z + v s + c for z
 * = x · wᵀ and s = ‖x‖² / 2. x [..., d], w [D, d] or one number (z = w · x), columns [6, D]: p, q, γ, u, v, c → [..., 2D]. The features of Sehanobish et
 * al.: "Scalable neural network kernels", 2024, are such; (0, 1, γ, 1, 0, 0) are the trigonometric ones of exp(x · y).
 */
export const complexFeatures = /* @__PURE__ */ op<Columns>()({
  name: "complexFeatures",
  part,
  inputs: { x: "real", w: "real", columns: "real" },
  plan(inputs) {
    const p = complexOf("complexFeatures", inputs);
    return forward("complexFeatures", p, [rowsOf(p, 2 * p.D)], [], 1);
  },
  fallback: ([x, w, columns]) => complex(x, w, columns),
  vjp(dy, [y], [x, w, columns]) {
    const by = (of: Of): Tensor => complexFeaturesGrad(dy, y, x, w, columns, { of });
    return [
      () => by("x"),
      () => projectionGrad(by("z"), x, w),
      () => {
        const [da, db] = pull(dy, y);
        const [z, s] = [projected(x, w), halfSquares(x)];
        const sums = [da, db].flatMap((d) => [mul(d, z), mul(d, s), d]);
        return stack(sums.map((d) => columnSums(d, columns)));
      },
    ];
  },
});

/**
 * dx = dz · w + x · Σ (q da + v db), or with `of` "z" dz = p da + u db, for y = complexFeatures(x, w, columns): da = dcos · cos + dsin · sin and db =
 * dsin · cos − dcos · sin of the two halves of dy and y.
 */
export const complexFeaturesGrad = /* @__PURE__ */ op<
  [dy: Tensor, y: Tensor, x: Tensor, w: Tensor, columns: Tensor],
  { of?: Of }
>()({
  name: "complexFeaturesGrad",
  part,
  inputs: { dy: "real", y: "real", x: "real", w: "real", columns: "real" },
  defaults: { of: "x" },
  plan([dy, y, x, w, columns], { of = "x" }) {
    const p = complexOf("complexFeaturesGrad", [x, w, columns]);
    checkRows("complexFeaturesGrad", "dy", dy, p, 2 * p.D);
    checkRows("complexFeaturesGrad", "y", y, p, 2 * p.D);
    return backward("complexFeaturesGrad", p, isWhole("complexFeaturesGrad", of), [dy, y], []);
  },
  // y is a function of x, w and columns: its share of the derivative is inside those.
  fallback([dy, , x, w, columns], { of = "x" }) {
    const [da, db] = pull(dy, complex(x, w, columns));
    const [p, q, u, v] = [0, 1, 3, 4].map((i) => column(columns, i));
    const dz = add(mul(da, p), mul(db, u));
    if (of === "z") return dz;
    const ds = sum(add(mul(da, q), mul(db, v)), { axis: -1, keepDims: true });
    return add(projectedBack(dz, w), mul(ds, x));
  },
});
