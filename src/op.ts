/** The one place where an op meets a device and the tape. */
import {
  type Accepted,
  admissionOf,
  type Attributes,
  type Operand,
  parse,
  type Signature,
  wanted,
} from "./arguments.js";
import { currentDevice, type Device, type Part } from "./devices/device.js";
import { type DType, isDType } from "./dtype.js";
import { DeviceError, DTypeError, GradientError, type LanewiseError } from "./errors.js";
import type { KernelName } from "./generated/kernels.js";
import { scope } from "./memory.js";
import { watched } from "./profile.js";
import { activeTraces, type Cotangent, record, withTraces } from "./tape.js";
import { constant, empty, type Spec, Tensor } from "./tensor.js";

/** How an op runs on given shapes: pure, so that it can be made once and replayed. */
export type Plan = Launch | View;

/** A kernel's arguments are the inputs, the outputs, layout, scratch, numbers, begin and end. */
export interface Launch {
  readonly kernel: KernelName;
  /** The result, then what the backward rule keeps. */
  readonly outputs: readonly Spec[];
  /** The kernel's range is [0, grid). */
  readonly grid: number;
  /** Sizes and attributes, in the kernel's order. */
  readonly numbers?: readonly number[];
  /** A table of 32-bit integers that the kernel reads. */
  readonly layout?: readonly number[];
  /** Bytes that one call of the kernel may overwrite. */
  readonly scratch?: number;
  /** The error that a kernel's result other than 0 means. */
  readonly refuse?: (status: number) => LanewiseError;
  /** How it is computed, where there are several ways: for `profile`. */
  readonly algorithm?: string;
  /** Useful floating-point operations, and bytes that must be read and written: for benchmarks. */
  readonly flops?: number;
  readonly bytes?: number;
}

/** The first input's block under another shape: nothing runs. */
export interface View {
  readonly view: Spec;
}

type Tensors = readonly Tensor[];
type Specs<Inputs extends Tensors> = { readonly [K in keyof Inputs]: Spec };

interface Rules<Inputs extends Tensors, A, Result> {
  readonly name: string;
  /** The names of the inputs, in order, and their dtypes. */
  readonly inputs: Readonly<Record<string, Accepted>>;
  /** The numbers that stand for the last inputs where a caller leaves them out. Default none. */
  readonly optional?: readonly number[];
  /** Every attribute's value when the caller does not give it. */
  readonly defaults?: A;
  /** The attributes that callers pass by position, after the inputs. */
  readonly positional?: readonly (keyof A)[];
  /** How many of the outputs are results: the others are only kept for the backward rule. Default 1; several come as an array. */
  readonly results?: number;
  /** The backward rule: from the cotangent of each result, one for each input. None: the op has no gradient. */
  readonly vjp?: (
    dy: Result,
    outputs: Tensors,
    inputs: Inputs,
    attributes: A,
  ) => readonly [...{ [K in keyof Inputs]: Cotangent }];
  /** The forward rule of an op of one result: from the inputs' tangents (null: zero), its own. Default: the transpose of `vjp`. */
  readonly jvp?: (
    tangents: readonly (Tensor | null)[],
    outputs: Tensors,
    inputs: Inputs,
    attributes: A,
  ) => Tensor;
}

/** An op with a kernel. */
export interface KernelRules<Inputs extends Tensors, A, Result = Tensor> extends Rules<Inputs, A, Result> {
  /** None: there is no kernel for inputs of these dtypes, and the op runs by its fallback. */
  readonly plan: (inputs: Specs<Inputs>, attributes: A) => Plan | undefined;
  /** The part that has the kernels; default: the core, which every device has. */
  readonly part?: Part;
  /** The same in plain ops: its definition, and its derivative where there is no `vjp`. */
  readonly fallback?: (inputs: Inputs, attributes: A) => Result;
}

/** An op made of ops, with a backward rule of its own. */
export interface ComposedRules<Inputs extends Tensors, A, Result = Tensor> extends Rules<Inputs, A, Result> {
  readonly forward: (inputs: Inputs, attributes: A) => Result;
}

export type Definition<Inputs extends Tensors, A, Result = Tensor> =
  KernelRules<Inputs, A, Result> | ComposedRules<Inputs, A, Result>;

type Positions<A> = readonly (keyof A)[];
type Options<A> = keyof A extends never ? [] : Partial<A> extends A ? [options?: A] : [options: A];
type Arguments<Inputs extends Tensors, A, Positional extends Positions<A>> = [
  ...{ [K in keyof Inputs]: Operand },
  ...{ [K in keyof Positional]: A[Positional[K]] },
  ...Options<Omit<A, Positional[number]>>,
];

/**
 * A function of tensors that every device can run and every tape can follow. A number stands for a scalar tensor. `Fewer` are
 * the inputs without those that may be left out.
 */
export interface Op<
  Inputs extends Tensors,
  A,
  Positional extends Positions<A>,
  Result = Tensor,
  Fewer extends Tensors = Inputs,
> {
  (...args: Arguments<Inputs, A, Positional> | Arguments<Fewer, A, Positional>): Result;
  readonly definition: Definition<Inputs, A, Result>;
  /** Whether the op writes its inputs instead of making an output. */
  readonly inPlace: boolean;
}

/** Any op: what loops over the registry see. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an op's arguments vary in both directions
export type AnyOp = Op<any, any, any, any, any>;

/** A definition whose types the call has already checked. */
type Checked = Definition<Tensors, Attributes, Tensor | Tensors>;

const asArray = (results: Tensor | Tensors): Tensors => (results instanceof Tensor ? [results] : results);

/** The device that all tensors among `operands` share. */
function commonDevice({ name, inputs }: Signature, operands: readonly Operand[]): Device {
  let device: Device | undefined;
  let at = 0;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand === "number") continue;
    if (device !== undefined && operand.device !== device)
      throw new DeviceError(
        `${name}: ${inputs[at]} is on ${device.name} and ${inputs[i]} on ${operand.device.name}`,
      );
    device = operand.device;
    at = i;
  }
  return device ?? currentDevice();
}

/** The dtype of the first operand that may have one of a kind: what the others of a kind must have, and numbers become. */
function sharedDType({ accepts }: Signature, operands: readonly Operand[]): DType {
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number" && accepts[i].isShared) return operand.dtype;
  }
  return "float32";
}

/** Throws unless the inputs are alive and of the dtypes that the op takes: `shared` where it takes a kind. */
function checkInputs({ name, inputs, accepts }: Signature, tensors: Tensors, shared: DType): void {
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    const { accepted, isShared, admits } = accepts[i];
    tensor.block(name, inputs[i]);
    if (!admits(tensor.dtype))
      throw new DTypeError(`${name}: ${inputs[i]} is ${tensor.dtype}, expected ${wanted(accepted)}`);
    if (isShared && tensor.dtype !== shared)
      throw new DTypeError(
        `${name}: ${inputs[accepts.findIndex((other) => other.isShared)]} is ${shared} and ${inputs[i]} is ` +
          `${tensor.dtype}, expected the same (cast converts)`,
      );
  }
}

/**
 * Runs a plan: allocates its outputs, then the kernel, that for float64 if `double`. On an error nothing stays allocated.
 */
function launch(
  name: string,
  plan: Plan,
  inputs: Tensors,
  device: Device,
  part: Part | undefined,
  double: boolean,
): Tensor[] {
  const blocks = inputs.map((input) => input.block(name));
  if ("view" in plan) return [new Tensor(device, plan.view, blocks[0])];
  const outputs: Tensor[] = [];
  try {
    for (const spec of plan.outputs) {
      const output = empty(device, spec, name);
      outputs.push(output);
      blocks.push(output.block(name));
    }
    const run = (): number => device.run(plan, blocks, name, part, double);
    const status = plan.grid > 0 ? watched(name, inputs, plan, run) : 0;
    if (status !== 0) throw plan.refuse!(status);
    return outputs;
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
}

/** Runs ops that make another, unseen by the traces: they see the op itself. */
function compose(
  forward: (inputs: Tensors, attributes: Attributes) => Tensor | Tensors,
  inputs: Tensors,
  attributes: Attributes,
): Tensor[] {
  const results = withTraces([], () => scope(() => forward(inputs, attributes)));
  // A rule may return an input as it is; the tape needs a tensor of its own for the result.
  return asArray(results).map((y) => (inputs.includes(y) ? new Tensor(y.device, y, y.block("op")) : y));
}

/** Runs an op: by its kernel, or, where there is none for these dtypes, by its fallback. */
function run(definition: Checked, inputs: Tensors, attributes: Attributes, device: Device): Tensor[] {
  if (!("plan" in definition)) return compose(definition.forward, inputs, attributes);
  const { name, part, fallback } = definition;
  const plan = definition.plan(inputs, attributes);
  const double =
    inputs.some(isDouble) || (plan !== undefined && "outputs" in plan && plan.outputs.some(isDouble));
  const missing = plan === undefined || (double && "kernel" in plan && !device.hasDouble(plan.kernel, name));
  if (!missing) return launch(name, plan, inputs, device, part, double);
  if (fallback !== undefined) return watched(name, inputs, {}, () => compose(fallback, inputs, attributes));
  throw new DTypeError(`${name}: has no kernel for float64 (cast converts)`);
}

const isDouble = ({ dtype }: Spec): boolean => dtype === "float64";

/** Shows a finished call to the traces. */
function show(
  definition: Checked,
  names: readonly string[],
  inputs: Tensors,
  outputs: Tensors,
  a: Attributes,
): void {
  const { name, results = 1, vjp, jvp } = definition;
  const fallback = "plan" in definition ? definition.fallback : undefined;
  record({
    name,
    inputNames: names,
    inputs,
    outputs,
    results: outputs.slice(0, results),
    vjp: vjp && ((dys) => vjp(definition.results === undefined ? dys[0] : dys, outputs, inputs, a)),
    jvp: jvp && ((tangents) => jvp(tangents, outputs, inputs, a)),
    fallback: fallback && (() => asArray(fallback(inputs, a))),
  });
}

function execute(
  definition: Checked,
  signature: Signature,
  operands: readonly Operand[],
  attributes: Attributes,
): Tensor[] {
  const { name, accepts } = signature;
  const device = commonDevice(signature, operands);
  const shared = sharedDType(signature, operands);
  const scalars: Tensor[] = [];
  try {
    const inputs = operands.map((operand, i) => {
      if (typeof operand !== "number") return operand;
      const { accepted } = accepts[i];
      const dtype = isDType(accepted) ? accepted : shared;
      if (dtype === "int32" && !Number.isInteger(operand))
        throw new DTypeError(`${name}: ${signature.inputs[i]} is ${operand}, expected a whole number`);
      const tensor = constant(device, { shape: [], dtype }, operand, name);
      scalars.push(tensor);
      return tensor;
    });
    checkInputs(signature, inputs, shared);
    const outputs = run(definition, inputs, attributes, device);
    if (activeTraces().length > 0 && outputs.length > 0)
      show(definition, signature.inputs, inputs, outputs, attributes);
    const { results = 1 } = definition;
    for (const kept of outputs.slice(results)) kept.dispose();
    return outputs.slice(0, results);
  } finally {
    for (const tensor of scalars) tensor.dispose();
  }
}

function signatureOf({ name, inputs, optional = [], defaults = {}, positional = [] }: Checked): Signature {
  return {
    name,
    inputs: Object.keys(inputs),
    accepts: Object.values(inputs).map(admissionOf),
    optional,
    defaults,
    positional,
  };
}

/**
 * Makes an op of its definition. Name the types of the inputs, of the attributes, and the attributes that callers pass
 * by position, then give the definition:
 *
 *     const power = op<[x: Tensor], { exponent: number }, ["exponent"]>()({ name: "power", … });
 *     power(x, 3);
 *
 * Where the last inputs may be left out (`optional`), the fourth type is that of the others. Where there are several `results`,
 * the fifth type is that of their array.
 * A definition has a `plan`, which names a kernel, or a `forward` made of other ops; and a `vjp`, made of ops.
 */
export function op<
  Inputs extends Tensors,
  A extends object = Record<never, never>,
  Positional extends Positions<A> = [],
  Fewer extends Tensors = Inputs,
  Result extends Tensor | Tensors = Tensor,
>() {
  return (definition: Definition<Inputs, A, Result>): Op<Inputs, A, Positional, Result, Fewer> => {
    const checked = definition as unknown as Checked;
    const signature = signatureOf(checked);
    const call = (...args: unknown[]): Tensor | Tensor[] => {
      const { operands, attributes } = parse(signature, args);
      const results = execute(checked, signature, operands, attributes);
      return checked.results === undefined ? results[0] : results;
    };
    return Object.assign(call, { definition, inPlace: false }) as unknown as Op<
      Inputs,
      A,
      Positional,
      Result,
      Fewer
    >;
  };
}

/** Makes an op that writes its inputs and returns nothing. No trace may follow them. */
export function inPlace<Inputs extends Tensors, A extends object = Record<never, never>>() {
  return (definition: KernelRules<Inputs, A, Tensor>): Op<Inputs, A, [], void> => {
    const checked = definition as unknown as Checked;
    const signature = signatureOf(checked);
    const call = (...args: unknown[]): void => {
      const { operands, attributes } = parse(signature, args);
      operands.forEach((operand, i) => {
        if (activeTraces().some((trace) => operand instanceof Tensor && trace.follows(operand)))
          throw new GradientError(
            `${signature.name}: ${signature.inputs[i]} is being differentiated and cannot change in place`,
          );
      });
      execute(checked, signature, operands, attributes);
    };
    return Object.assign(call, { definition, inPlace: true }) as unknown as Op<Inputs, A, [], void>;
  };
}
