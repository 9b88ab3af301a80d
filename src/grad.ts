/** Derivatives of functions of tensors: backward by a tape, forward by tangents, and each of the other. */
import { isReal } from "./dtype.js";
import { GradientError, ShapeError } from "./errors.js";
import { adopt, type Resource, scope, type Synchronous } from "./memory.js";
import { add } from "./ops/binary.js";
import { reshape } from "./ops/movement.js";
import { sameShape, show } from "./shape.js";
import { activeTraces, backwardRule, type Call, Tape, type Trace, withTraces } from "./tape.js";
import { constant, Tensor } from "./tensor.js";
import { leavesOf, type Tree, withLeaves } from "./tree.js";

/** A function of trees of tensors. */
type Differentiable<Arguments extends readonly unknown[], Result> = (
  ...args: Arguments
) => Synchronous<Result>;

/** What a function returned; throws unless it is a tensor that a gradient can start from. */
function checked(who: string, y: unknown): Tensor {
  if (!(y instanceof Tensor))
    throw new GradientError(`${who}: the function returned ${typeof y}, expected a tensor`);
  if (!isReal(y.dtype))
    throw new GradientError(`${who}: the function returned ${y.dtype}, expected real numbers`);
  return y;
}

function checkedScalar(who: string, result: unknown): Tensor {
  const y = checked(who, result);
  if (y.size !== 1)
    throw new GradientError(
      `${who}: the function returned ${show(y.shape)}, expected one element (sum it, or use vjp)`,
    );
  return y;
}

/** Throws unless `given` fits the primal `expected`: a tangent or a cotangent. */
function checkLike(who: string, name: string, given: Tensor, expected: Tensor): void {
  if (!sameShape(given.shape, expected.shape))
    throw new ShapeError(`${who}: ${name} is ${show(given.shape)}, expected ${show(expected.shape)}`);
}

/** A tensor of x's shape and device, all of one value. */
function like(x: Tensor, value: number): Tensor {
  return constant(x.device, x, value, "grad");
}

/** Runs `f` on a fresh tape that follows `targets`, together with the traces that are active already. */
function taped<R>(who: string, targets: readonly Tensor[], f: () => R): { result: R; tape: Tape } {
  for (const target of targets)
    if (!isReal(target.dtype))
      throw new GradientError(
        `${who}: no gradient by a tensor of ${target.dtype} exists, expected real numbers`,
      );
  const tape = new Tape();
  for (const target of targets) tape.watch(target);
  try {
    return { result: withTraces([...activeTraces(), tape], f), tape };
  } catch (error) {
    tape.release();
    throw error;
  }
}

/** The cotangents of `targets`, zero where the output does not depend on them. */
function pullBack(tape: Tape, y: Tensor, dy: Tensor, targets: readonly Tensor[]): Tensor[] {
  const taken = new Set([y, dy]);
  return tape.backward([[y, dy]], targets, add).map((gradient, i) => {
    if (gradient === undefined) return like(targets[i], 0);
    // A rule may pass the cotangent on as it is: whoever gets a gradient must own it.
    const own = taken.has(gradient) ? reshape(gradient, gradient.shape) : gradient;
    taken.add(own);
    return own;
  });
}

/**
 * The function that returns `[f(…), ∂f/∂tree]`, the gradient having the form of `tree`. `f` must return one element.
 * `tree` is what `f` is differentiated by: tensors that `f` closes over (a model's parameters), or, when it is not
 * given, the first argument of each call. All that `f` made meanwhile is freed.
 */
export function valueAndGrad<Arguments extends readonly unknown[], T extends Tree>(
  f: Differentiable<Arguments, Tensor>,
  tree: T,
): (...args: Arguments) => [value: Tensor, gradient: T];
export function valueAndGrad<T extends Tree, Rest extends readonly unknown[]>(
  f: Differentiable<[T, ...Rest], Tensor>,
): (first: T, ...rest: Rest) => [value: Tensor, gradient: T];
export function valueAndGrad(f: (...args: never[]) => Tensor, tree?: Tree) {
  return (...args: unknown[]): [Tensor, Tree] =>
    differentiate("valueAndGrad", f, tree ?? (args[0] as Tree), args);
}

/** `valueAndGrad` without the value. */
export function grad<Arguments extends readonly unknown[], T extends Tree>(
  f: Differentiable<Arguments, Tensor>,
  tree: T,
): (...args: Arguments) => T;
export function grad<T extends Tree, Rest extends readonly unknown[]>(
  f: Differentiable<[T, ...Rest], Tensor>,
): (first: T, ...rest: Rest) => T;
export function grad(f: (...args: never[]) => Tensor, tree?: Tree) {
  return (...args: unknown[]): Tree => {
    const [value, gradient] = differentiate("grad", f, tree ?? (args[0] as Tree), args);
    value.dispose();
    return gradient;
  };
}

function differentiate(
  who: string,
  f: (...args: never[]) => Tensor,
  tree: Tree,
  args: unknown[],
): [Tensor, Tree] {
  return scope(() => {
    const targets = leavesOf(tree, who);
    const { result: y, tape } = taped(who, targets, () => checkedScalar(who, f(...(args as never[]))));
    try {
      return [y, withLeaves(tree, pullBack(tape, y, like(y, 1), targets))];
    } finally {
      tape.release();
    }
  });
}

/** The backward half of a function at a point: `pullback(dy)` is dyᵀ · ∂f/∂primals, as often as it is called. */
export interface Pullback<T extends Tree> extends Disposable {
  (dy: Tensor): T;
  /** Frees what the tape holds. A scope does it too. */
  dispose(): void;
}

/**
 * `[f(primals), pullback]`: the value, and the function that turns a cotangent of it into those of the primals (the
 * vector-Jacobian product). The pullback keeps the intermediate results until it is disposed of.
 */
export function vjp<T extends Tree>(
  f: (primals: T) => Synchronous<Tensor>,
  primals: T,
): [Tensor, Pullback<T>] {
  const targets = leavesOf(primals, "vjp");
  // The scope disposes of what f made meanwhile; the tape's pins keep it until the pullback goes.
  const { result: y, tape } = scope(() => taped("vjp", targets, () => checked("vjp", f(primals))));
  const pullback = (dy: Tensor): T => {
    checkLike("pullback", "dy", dy, y);
    return withLeaves(
      primals,
      scope(() => pullBack(tape, y, dy, targets)),
    );
  };
  const dispose = (): void => tape.release();
  const resource: Resource = { scope: undefined, dispose, escaped() {} };
  adopt(Object.assign(pullback, resource));
  return [y, Object.assign(pullback, { dispose, [Symbol.dispose]: dispose })];
}

/**
 * `[f(primals), ∂f/∂primals · tangents]`: the value and the directional derivative (the Jacobian-vector product), in
 * one forward pass that keeps no tape. `tangents` has the form of `primals`.
 */
export function jvp<T extends Tree>(
  f: (primals: T) => Synchronous<Tensor>,
  primals: T,
  tangents: T,
): [Tensor, Tensor] {
  return scope(() => {
    const points = leavesOf(primals, "jvp");
    const directions = leavesOf(tangents, "jvp");
    if (points.length !== directions.length)
      throw new ShapeError(`jvp: tangents has ${directions.length} tensors, primals has ${points.length}`);
    points.forEach((point, i) => checkLike("jvp", `tangent ${i}`, directions[i], point));
    const forward = new Tangents(points, directions);
    try {
      const y = withTraces([...activeTraces(), forward], () => checked("jvp", f(primals)));
      const dy = forward.of(y);
      return [y, dy === undefined ? like(y, 0) : reshape(dy, dy.shape)];
    } finally {
      forward.release();
    }
  });
}

/**
 * Carries tangents forward through the ops. Each op's own forward rule serves, or the transpose of its backward one. The
 * tangents are pinned: an op may run in a scope that ends before they are used.
 */
class Tangents implements Trace {
  readonly #of = new Map<Tensor, Tensor>();
  /** The traces that see this one's arithmetic: those outside it. */
  readonly #outer = activeTraces();

  constructor(points: readonly Tensor[], directions: readonly Tensor[]) {
    points.forEach((point, i) => this.#set(point, directions[i]));
  }

  #set(tensor: Tensor, tangent: Tensor): void {
    tangent.pin();
    this.#of.set(tensor, tangent);
  }

  release(): void {
    for (const tangent of this.#of.values()) tangent.unpin();
    this.#of.clear();
  }

  of(tensor: Tensor): Tensor | undefined {
    return this.#of.get(tensor);
  }

  follows(tensor: Tensor): boolean {
    return this.#of.has(tensor);
  }

  record(call: Call): void {
    if (!isReal(call.outputs[0].dtype)) return; // integers have no derivative
    const tangents = call.inputs.map((input) => this.#of.get(input) ?? null);
    const dys = withTraces(this.#outer, () => (call.jvp ? [call.jvp(tangents)] : transposed(call, tangents)));
    dys.forEach((dy, i) => dy && this.#set(call.results[i], dy));
  }
}

/**
 * The tangents of a call's results by its backward rule alone. The rule u ↦ Jᵀu is linear in u, so its own transpose at
 * any u is J (Townsend, "A new trick for calculating Jacobian vector products", 2017).
 */
function transposed(call: Call, tangents: readonly (Tensor | null)[]): (Tensor | undefined)[] {
  const u = call.results.map((y) => like(y, 0));
  const { result: seeds, tape } = taped(call.name, u, () => {
    const rule = backwardRule(call, u, add);
    return tangents.flatMap((tangent, i) => {
      const entry = tangent === null ? null : rule[i];
      const cotangent = typeof entry === "function" ? entry() : entry;
      return cotangent === null || tangent === null ? [] : [[cotangent, tangent] as const];
    });
  });
  try {
    return tape.backward(seeds, u, add);
  } finally {
    tape.release();
  }
}
