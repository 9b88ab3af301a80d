/** How an op reads its arguments: tensors or numbers first, then attributes by position, then an object of options. */
import { arrayOf, type DType } from "./dtype.js";
import { DTypeError, OptionError } from "./errors.js";
import { Tensor } from "./tensor.js";

/** The dtypes that an input may have: one, or a kind of them. All inputs of a call that accept a shared kind have one dtype. */
export type Accepted = DType | Kind;

/** real: float32 and float64; number: also int32; any: also bool. Not shared: weight, reals also of 16 bits; stored, all. */
export type Kind = keyof typeof kinds;

const kinds = {
  real: ["float32", "float64"],
  number: ["float32", "float64", "int32"],
  any: ["float32", "float64", "int32", "bool"],
  weight: ["float32", "float64", "float16", "bfloat16"],
  stored: Object.keys(arrayOf),
} as const satisfies Record<string, readonly string[]>;

const shared: readonly Accepted[] = ["real", "number", "any"];

/** A dtype or kind in an error message. */
export function wanted(accepted: Accepted): string {
  if (!Object.hasOwn(kinds, accepted)) return accepted;
  const dtypes: readonly string[] = kinds[accepted as Kind];
  return `${dtypes.slice(0, -1).join(", ")} or ${dtypes.at(-1)}`;
}

/** What an input admits, looked up once for each op. */
export interface Admission {
  readonly accepted: Accepted;
  /** Whether it is a kind whose inputs share one dtype. */
  readonly isShared: boolean;
  readonly admits: (dtype: DType) => boolean;
}

export function admissionOf(accepted: Accepted): Admission {
  if (Object.hasOwn(kinds, accepted)) {
    const dtypes = new Set<string>(kinds[accepted as Kind]);
    return { accepted, isShared: shared.includes(accepted), admits: (dtype) => dtypes.has(dtype) };
  }
  return { accepted, isShared: false, admits: (dtype) => dtype === accepted };
}

export type Operand = Tensor | number;

export type Attributes = Readonly<Record<string, unknown>>;

/** What `parse` needs to know of an op. */
export interface Signature {
  readonly name: string;
  /** The names of the inputs, and what each accepts. */
  readonly inputs: readonly string[];
  readonly accepts: readonly Admission[];
  /** What stands for the last inputs where they are left out. */
  readonly optional: readonly number[];
  /** Every attribute's value when it is not given. */
  readonly defaults: Attributes;
  /** The attributes that are passed by position. */
  readonly positional: readonly string[];
}

export function parse(
  signature: Signature,
  args: readonly unknown[],
): { operands: Operand[]; attributes: Attributes } {
  const { name, inputs, optional, defaults, positional } = signature;
  const arity = inputs.length;
  if (optional.length > 0) args = filled(args, arity, optional);
  for (let i = 0; i < arity; i++)
    if (!isOperand(args[i]))
      throw new DTypeError(`${name}: ${inputs[i]} is ${describe(args[i])}, expected a tensor or a number`);
  if (args.length === arity && positional.length === 0)
    return { operands: args as Operand[], attributes: defaults };
  const attributes: Record<string, unknown> = { ...defaults };
  positional.forEach((attribute, i) => {
    if (args[arity + i] === undefined) throw new OptionError(`${name}: ${attribute} is missing`);
    assign(name, attributes, attribute, args[arity + i]);
  });
  const rest = args.slice(arity + positional.length);
  const options = rest[0] ?? {};
  if (rest.length > 1 || typeof options !== "object" || options instanceof Tensor || Array.isArray(options))
    throw new OptionError(
      `${name}: got ${describe(rest.at(-1))} after its arguments, expected an object of options`,
    );
  checkOptions(
    name,
    options,
    Object.keys(defaults).filter((option) => !positional.includes(option)),
  );
  for (const [option, value] of Object.entries(options)) assign(name, attributes, option, value);
  return { operands: args.slice(0, arity) as Operand[], attributes };
}

/** The arguments with what stands for each of the last of `arity` inputs that is left out. */
function filled(args: readonly unknown[], arity: number, optional: readonly number[]): readonly unknown[] {
  const needed = arity - optional.length;
  let given = needed;
  while (given < arity && isOperand(args[given])) given++;
  if (given === arity) return args;
  const rest = args[given] === undefined ? given + 1 : given; // f(x, undefined, options) leaves out, too
  return [...args.slice(0, given), ...optional.slice(given - needed), ...args.slice(rest)];
}

const isOperand = (arg: unknown): arg is Operand => arg instanceof Tensor || typeof arg === "number";

/** Throws an OptionError that names the first option outside `known`. */
export function checkOptions(name: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options))
    if (!known.includes(option))
      throw new OptionError(
        `${name}: unknown option "${option}", ` +
          (known.length === 0 ? "it takes none" : `expected ${known.map((word) => `"${word}"`).join(", ")}`),
      );
}

/** Sets an attribute that was given: it must have its default's type, and a number must be one. */
function assign(op: string, attributes: Record<string, unknown>, attribute: string, value: unknown): void {
  if (value === undefined) return;
  const before = attributes[attribute];
  if (
    before !== undefined &&
    (typeof value !== typeof before || Array.isArray(value) !== Array.isArray(before))
  )
    throw new OptionError(`${op}: ${attribute} is ${describe(value)}, expected ${describe(before)}`);
  if (Number.isNaN(value)) throw new OptionError(`${op}: ${attribute} is NaN`);
  attributes[attribute] = value;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "undefined" ? "missing" : `a ${typeof value}`.replace("a object", "an object");
}
