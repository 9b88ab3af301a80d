/** Writes ONNX models: protocol buffers by hand, as far as these graphs need them. */

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function varint(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return out;
}

const number = (field: number, value: number | bigint): Uint8Array =>
  Uint8Array.from([...varint(field * 8), ...varint(value)]);

function message(field: number, content: Uint8Array | string): Uint8Array {
  const body = typeof content === "string" ? bytes(content) : content;
  return concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(body.length)]), body]);
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

export type Attribute = number | string | readonly number[];

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === "string") return concat([message(1, name), message(4, value), number(20, 3)]);
  return typeof value === "number"
    ? concat([message(1, name), number(3, value), number(20, 2)])
    : concat([message(1, name), ...value.map((each) => number(8, each)), number(20, 7)]);
}

export function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array {
  return concat([
    ...inputs.map((name) => message(1, name)),
    ...outputs.map((name) => message(2, name)),
    message(3, `${type} ${outputs[0]}`),
    message(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
  ]);
}

/** Element types. */
export const FLOAT = 1;
export const INT64 = 7;

export function constant(
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array,
): Uint8Array {
  const type = data instanceof Float32Array ? FLOAT : INT64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return concat([
    ...shape.map((extent) => number(1, extent)),
    number(2, type),
    message(8, name),
    message(9, raw),
  ]);
}

export function value(name: string, type: number, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((extent) => message(1, number(1, extent)));
  return concat([
    message(1, name),
    message(2, message(1, concat([number(1, type), message(2, concat(dimensions))]))),
  ]);
}

export interface Graph {
  readonly nodes: readonly Uint8Array[];
  readonly constants: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

export function model({ nodes, constants, inputs, outputs }: Graph, opset = 20): Uint8Array {
  const graph = concat([
    ...nodes.map((each) => message(1, each)),
    message(2, "graph"),
    ...constants.map((each) => message(5, each)),
    ...inputs.map((each) => message(11, each)),
    ...outputs.map((each) => message(12, each)),
  ]);
  const imports = concat([message(1, ""), number(2, opset)]);
  return concat([number(1, 9), message(2, "lanewise"), message(7, graph), message(8, imports)]);
}
