/** Traces: who watches the ops as they run. A tape remembers them so that cotangents can be sent back along it. */
import { isReal } from "./dtype.js";
import { GradientError } from "./errors.js";
import { scope } from "./memory.js";
import { sameShape, show } from "./shape.js";
import { constant, newestTensor, type Tensor } from "./tensor.js";

/** A gradient for one input: a tensor, none, or a function that is called only if somebody wants it. */
export type Cotangent = Tensor | null | (() => Tensor | null);

/** f, called at most once: for gradients of several inputs that come together. */
export function once<T>(f: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= f());
}

/** One run of an op, as its rules need it. */
export interface Call {
  readonly name: string;
  readonly inputNames: readonly string[];
  readonly inputs: readonly Tensor[];
  /** The results, then what the backward rule keeps. */
  readonly outputs: readonly Tensor[];
  readonly results: readonly Tensor[];
  /** The backward rule, applied to the cotangents of the results: one entry for each input. */
  readonly vjp: ((dys: readonly Tensor[]) => readonly Cotangent[]) | undefined;
  /** The forward rule, applied to the inputs' tangents (null: zero); without it, the transpose of `vjp`. */
  readonly jvp: ((tangents: readonly (Tensor | null)[]) => Tensor) | undefined;
  /** The same results made of plain ops, to differentiate where there is no rule. */
  readonly fallback: (() => readonly Tensor[]) | undefined;
}

/** Adds two cotangents: the one op that a tape needs and may not import. */
export type Sum = (a: Tensor, b: Tensor) => Tensor;

/** Something that follows ops. Nested differentiation is a stack of them, the innermost last. */
export interface Trace {
  follows(tensor: Tensor): boolean;
  record(call: Call): void;
}

let active: readonly Trace[] = [];

/** The traces that see ops at this moment. */
export function activeTraces(): readonly Trace[] {
  return active;
}

/** Runs `body` while exactly `traces` see its ops. */
export function withTraces<T>(traces: readonly Trace[], body: () => T): T {
  const before = active;
  active = traces;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** Shows a call to the traces that follow one of its inputs. */
export function record(call: Call): void {
  for (const trace of active) if (call.inputs.some((input) => trace.follows(input))) trace.record(call);
}

/** Calls in the order they ran, from the watched tensors onward. Their tensors stay alive until `release`. */
export class Tape implements Trace {
  readonly #followed = new Set<Tensor>();
  readonly #calls: Call[] = [];

  watch(tensor: Tensor): void {
    this.#followed.add(tensor);
  }

  follows(tensor: Tensor): boolean {
    return this.#followed.has(tensor);
  }

  record(call: Call): void {
    if (!isReal(call.outputs[0].dtype)) return; // integers have no derivative
    this.#calls.push(call);
    for (const result of call.results) this.#followed.add(result);
    for (const tensor of call.inputs) tensor.pin();
    for (const tensor of call.outputs) tensor.pin();
  }

  release(): void {
    for (const { inputs, outputs } of this.#calls.splice(0)) {
      for (const tensor of inputs) tensor.unpin();
      for (const tensor of outputs) tensor.unpin();
    }
    this.#followed.clear();
  }

  /**
   * Sends cotangents of followed tensors back to the watched `targets`: Σ seedᵀ · ∂output/∂target for each of them, or
   * undefined where no output depends on it. Intermediate cotangents are freed as soon as they are used.
   */
  backward(
    seeds: readonly (readonly [output: Tensor, seed: Tensor])[],
    targets: readonly Tensor[],
    sum: Sum,
  ): (Tensor | undefined)[] {
    const cotangents = new Cotangents(sum);
    for (const [output, seed] of seeds) if (this.follows(output)) cotangents.add(output, seed);
    const wanted = new Set(targets);
    for (let i = this.#calls.length - 1; i >= 0; i--) {
      const call = this.#calls[i];
      const dys = call.results.map((y) => (wanted.has(y) ? undefined : cotangents.take(y)));
      if (dys.every((dy) => dy === undefined)) continue;
      const gradients = scope(() => this.#pull(call, dys, sum));
      call.inputs.forEach((input, j) => {
        const gradient = gradients[j];
        if (gradient) cotangents.add(input, gradient);
      });
      for (const dy of dys) if (dy !== undefined) cotangents.drop(dy);
    }
    return targets.map((target) => cotangents.take(target));
  }

  /** The gradients of a call's inputs, where this tape follows them; a cotangent that is undefined is zero. */
  #pull(call: Call, dys: readonly (Tensor | undefined)[], sum: Sum): (Tensor | null)[] {
    const all = dys.map((dy, i) => dy ?? constant(call.results[i].device, call.results[i], 0, call.name));
    const rule = backwardRule(call, all, sum);
    if (rule.length !== call.inputs.length)
      throw new GradientError(
        `${call.name}: the backward rule gave ${rule.length} gradients, expected ${call.inputs.length}`,
      );
    return call.inputs.map((input, j) => {
      if (!this.follows(input)) return null;
      const entry = rule[j];
      const gradient = typeof entry === "function" ? entry() : entry;
      if (gradient !== null && !sameShape(gradient.shape, input.shape))
        throw new GradientError(
          `${call.name}: the backward rule's gradient for ${call.inputNames[j]} is ${show(gradient.shape)}, ` +
            `expected ${show(input.shape)}`,
        );
      return gradient;
    });
  }
}

/** A call's own backward rule, or that of its fallback, applied to the cotangents of its results. */
export function backwardRule(
  { name, inputs, vjp, fallback }: Call,
  dys: readonly Tensor[],
  sum: Sum,
): readonly Cotangent[] {
  if (vjp !== undefined) return vjp(dys);
  if (fallback === undefined) throw new GradientError(`${name}: has no gradient`);
  const tape = new Tape();
  for (const input of inputs) tape.watch(input);
  const results = withTraces([...active, tape], fallback);
  const seeds = results.map((y, i) => [y, dys[i]] as const);
  const gradients = tape.backward(seeds, inputs, sum);
  tape.release();
  return gradients.map((gradient) => gradient ?? null);
}

/**
 * Cotangents on their way back. A tensor may stand for several of them (add passes one on twice), so uses are counted;
 * tensors older than this are somebody else's and never freed.
 */
class Cotangents {
  readonly #of = new Map<Tensor, Tensor>();
  readonly #uses = new Map<Tensor, number>();
  readonly #since = newestTensor();

  constructor(private readonly sum: Sum) {}

  add(target: Tensor, cotangent: Tensor): void {
    const before = this.#of.get(target);
    if (before === undefined) {
      this.#of.set(target, cotangent);
      this.#uses.set(cotangent, (this.#uses.get(cotangent) ?? 0) + 1);
      return;
    }
    const total = this.sum(before, cotangent);
    this.#of.set(target, total);
    this.#uses.set(total, 1);
    this.drop(before);
    if (!this.#uses.has(cotangent)) this.#free(cotangent);
  }

  /** The cotangent of `target`, which the caller drops after use. */
  take(target: Tensor): Tensor | undefined {
    const cotangent = this.#of.get(target);
    this.#of.delete(target);
    return cotangent;
  }

  drop(cotangent: Tensor): void {
    const uses = this.#uses.get(cotangent)! - 1;
    if (uses > 0) this.#uses.set(cotangent, uses);
    else {
      this.#uses.delete(cotangent);
      this.#free(cotangent);
    }
  }

  #free(cotangent: Tensor): void {
    if (cotangent.serial > this.#since) cotangent.dispose();
  }
}
