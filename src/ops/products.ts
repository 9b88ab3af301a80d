/** Products of tensors, planned onto matmul. */
import { OptionError, ShapeError } from "../errors.js";
import { show, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { mul, sub } from "./binary.js";
import { concat } from "./joining.js";
import { matmul } from "./matmul.js";
import { permuteDims, reshape, slice } from "./movement.js";
import { sum } from "./reduce.js";

/** A tensor whose axes bear letters. */
interface Named {
  readonly x: Tensor;
  readonly axes: string;
}

const extentOf = ({ x, axes }: Named, axis: string): number => x.shape[axes.indexOf(axis)];

/** The axes in another order. */
function permuted({ x, axes }: Named, order: string): Tensor {
  return order === axes ? x : permuteDims(x, [...order].map((axis) => axes.indexOf(axis))); // prettier-ignore
}

/** An axis named twice becomes its diagonal, one that nobody wants is summed over. */
function reduced(operand: Named, wanted: string): Named {
  let { x, axes } = operand;
  for (const axis of new Set(axes)) {
    const first = axes.indexOf(axis);
    let second = axes.indexOf(axis, first + 1);
    while (second >= 0) {
      const rest = [...axes].map((_, i) => i).filter((i) => i !== first && i !== second);
      const n = x.shape[first];
      const others = rest.map((i) => x.shape[i]);
      const flat = reshape(permuteDims(x, [first, second, ...rest]), [n * n, ...others]);
      x = slice(flat, [0, ...others.map(() => 0)], [n, ...others], {
        steps: [n + 1, ...others.map(() => 1)],
      });
      axes = axis + rest.map((i) => axes[i]).join("");
      second = axes.indexOf(axis, 1);
    }
  }
  const lone = [...axes].flatMap((axis, i) => (wanted.includes(axis) ? [] : [i]));
  if (lone.length === 0) return { x, axes };
  return { x: sum(x, { axis: lone }), axes: [...axes].filter((_, i) => !lone.includes(i)).join("") };
}

/** Two operands as one batched matrix product: axes of both that are wanted, of both that are not, of one alone. */
function contract(a: Named, b: Named, wanted: string): Named {
  const shared = [...a.axes].filter((axis) => b.axes.includes(axis));
  const batch = shared.filter((axis) => wanted.includes(axis)).join("");
  const summed = shared.filter((axis) => !wanted.includes(axis)).join("");
  const rows = [...a.axes].filter((axis) => !b.axes.includes(axis)).join("");
  const cols = [...b.axes].filter((axis) => !a.axes.includes(axis)).join("");
  const extents = (operand: Named, axes: string): number[] =>
    [...axes].map((axis) => extentOf(operand, axis));
  const [lead, m, n] = [extents(a, batch), extents(a, rows), extents(b, cols)];
  const left = permuted(a, batch + rows + summed);
  const right = permuted(b, batch + summed + cols);
  const k = sizeOf(extents(a, summed));
  const product = matmul(
    reshape(left, [...(lead.length > 0 ? [sizeOf(lead)] : []), sizeOf(m), k]),
    reshape(right, [...(lead.length > 0 ? [sizeOf(lead)] : []), k, sizeOf(n)]),
  );
  return { x: reshape(product, [...lead, ...m, ...n]), axes: batch + rows + cols };
}

/** The letters of the operands and of the result. */
function parse(formula: string, tensors: readonly Tensor[]): { inputs: string[]; output: string } {
  const [, left, right] = /^([a-zA-Z,]*)(?:->([a-zA-Z]*))?$/.exec(formula.replaceAll(" ", "")) ?? [];
  if (left === undefined)
    throw new OptionError(`einsum: formula is "${formula}", expected letters like "ij,jk->ik"`);
  const inputs = left.split(",");
  if (inputs.length !== tensors.length)
    throw new OptionError(`einsum: "${formula}" has ${inputs.length} operands, got ${tensors.length}`);
  const once = [...new Set(left.replaceAll(",", ""))].filter((axis) => left.split(axis).length === 2);
  const output = right ?? once.sort().join("");
  const extents = new Map<string, number>();
  inputs.forEach((axes, i) => {
    const { shape } = tensors[i];
    if (axes.length !== shape.length)
      throw new ShapeError(`einsum: operand ${i} is ${show(shape)}, "${axes}" names ${axes.length} axes`);
    [...axes].forEach((axis, a) => {
      if ((extents.get(axis) ?? shape[a]) !== shape[a])
        throw new ShapeError(
          `einsum: axis ${axis} is ${extents.get(axis)} and, in operand ${i} ${show(shape)}, ${shape[a]}`,
        );
      extents.set(axis, shape[a]);
    });
  });
  if (new Set(output).size !== output.length || [...output].some((axis) => !extents.has(axis)))
    throw new OptionError(`einsum: "${output}" is no choice of the axes in "${left}"`);
  return { inputs, output };
}

/**
 * `einsum("ij,jk->ik", a, b)`: the sum of products over all axes that the result does not name. A letter is an axis;
 * without "->" the result has the axes named once, in the alphabet's order. Operands are multiplied from the left, pair
 * by pair, as batched matrix products.
 */
export function einsum(formula: string, ...tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(formula, tensors);
  const wantedAfter = (i: number): string => inputs.slice(i + 1).join("") + output;
  const others = (i: number): string => inputs.filter((_, j) => j !== i).join("") + output;
  const operands = tensors.map((x, i) => reduced({ x, axes: inputs[i] }, others(i)));
  let result = operands[0];
  for (let i = 1; i < operands.length; i++) result = contract(result, operands[i], wantedAfter(i));
  const y = permuted(reduced(result, output), output);
  return tensors.includes(y) ? reshape(y, y.shape) : y;
}

/** `outer(x, y)`: zᵢⱼ = xᵢ·yⱼ of two vectors. */
export function outer(x: Tensor, y: Tensor): Tensor {
  if (x.rank !== 1 || y.rank !== 1)
    throw new ShapeError(`outer: x is ${show(x.shape)} and y is ${show(y.shape)}, expected one axis each`);
  return mul(reshape(x, [x.size, 1]), y);
}

/** `dot(x, y)`: Σ x·y of two vectors. */
export function dot(x: Tensor, y: Tensor): Tensor {
  if (x.rank !== 1 || y.rank !== 1 || x.size !== y.size)
    throw new ShapeError(
      `dot: x is ${show(x.shape)} and y is ${show(y.shape)}, expected one axis of one length`,
    );
  return reshape(matmul(reshape(x, [1, x.size]), reshape(y, [y.size, 1])), []);
}

/** `cross(x, y)`: the vector product along the last axis, of extent 3. */
export function cross(x: Tensor, y: Tensor): Tensor {
  if (x.shape.at(-1) !== 3 || y.shape.at(-1) !== 3)
    throw new ShapeError(
      `cross: x is ${show(x.shape)} and y is ${show(y.shape)}, expected 3 along the last axis`,
    );
  const turned = (z: Tensor): Tensor => {
    const [lead, zeros] = [z.shape.slice(0, -1), z.shape.slice(0, -1).map(() => 0)];
    return concat([slice(z, [...zeros, 1], [...lead, 2]), slice(z, [...zeros, 0], [...lead, 1])], {
      axis: -1,
    });
  };
  return turned(sub(mul(x, turned(y)), mul(turned(x), y)));
}

/** `kron(x, y)`: the Kronecker product of two matrices: each element of x times all of y. [m, n], [p, q] → [m·p, n·q] */
export function kron(x: Tensor, y: Tensor): Tensor {
  if (x.rank !== 2 || y.rank !== 2)
    throw new ShapeError(`kron: x is ${show(x.shape)} and y is ${show(y.shape)}, expected two axes each`);
  const [[m, n], [p, q]] = [x.shape, y.shape];
  return reshape(mul(reshape(x, [m, 1, n, 1]), reshape(y, [1, p, 1, q])), [m * p, n * q]);
}
