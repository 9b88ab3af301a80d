/** Writes TensorFlow Lite models of one operator, field by field of its flatbuffers schema. */
import { require } from "./peer.js";

/** As much of the flatbuffers builder as is used here. */
interface Builder {
  bb: { bytes(): Uint8Array };
  space: number;
  prep(alignment: number, bytes: number): void;
  startVector(width: number, count: number, alignment: number): void;
  endVector(): number;
  startObject(fields: number): void;
  endObject(): number;
  addInt32(value: number): void;
  addOffset(offset: number): void;
  addFieldOffset(field: number, offset: number, fallback: number): void;
  addFieldInt8(field: number, value: number, fallback: number): void;
  addFieldInt32(field: number, value: number, fallback: number): void;
  addFieldFloat32(field: number, value: number, fallback: number): void;
  createString(text: string): number;
  finish(root: number, identifier: string): void;
  asUint8Array(): Uint8Array;
}

export interface LiteTensor {
  readonly shape: readonly number[];
  /** 0 float32, 2 int32, 4 int64. */
  readonly type?: number;
  /** For a constant. */
  readonly data?: Float32Array | Int32Array;
}

export interface LiteOperator {
  /** Of enum BuiltinOperator, and of union BuiltinOptions. */
  readonly code: number;
  readonly optionsType?: number;
  /** Fields of the options: place in the table, and value. */
  readonly options?: readonly { field: number; type: "byte" | "int" | "float"; value: number }[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface LiteModel {
  readonly tensors: readonly LiteTensor[];
  readonly operator: LiteOperator;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const SCHEMA_VERSION = 3;

export function tflite({ tensors, operator, inputs, outputs }: LiteModel): Uint8Array {
  const { Builder } = require("flatbuffers") as { Builder: new (bytes: number) => Builder };
  const b = new Builder(1 << 16);
  const vector = (list: readonly number[], add: (value: number) => void): number => {
    b.startVector(4, list.length, 4);
    for (const value of [...list].reverse()) add(value);
    return b.endVector();
  };
  const integers = (list: readonly number[]): number => vector(list, (value) => b.addInt32(value));
  const offsets = (list: readonly number[]): number => vector(list, (value) => b.addOffset(value));
  const object = (fields: number, fill: () => void): number => {
    b.startObject(fields);
    fill();
    return b.endObject();
  };
  // Buffer 0 is the empty one of all that is no constant.
  const buffers = [object(3, () => {})];
  const bufferOf = tensors.map(({ data }) => {
    if (data === undefined) return 0;
    b.prep(16, data.byteLength);
    b.startVector(1, data.byteLength, 16);
    b.space -= data.byteLength;
    b.bb.bytes().set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), b.space);
    const contents = b.endVector();
    return buffers.push(object(3, () => b.addFieldOffset(0, contents, 0))) - 1;
  });
  const tables = tensors.map(({ shape, type = 0 }, i) => {
    const [extents, name] = [integers(shape), b.createString(`t${i}`)];
    return object(11, () => {
      b.addFieldOffset(0, extents, 0);
      b.addFieldInt8(1, type, 0);
      b.addFieldInt32(2, bufferOf[i], 0);
      b.addFieldOffset(3, name, 0);
    });
  });
  const code = object(4, () => {
    b.addFieldInt8(0, Math.min(operator.code, 127), 0);
    b.addFieldInt32(2, 1, 0);
    b.addFieldInt32(3, operator.code, 0);
  });
  const [from, to] = [integers(operator.inputs), integers(operator.outputs)];
  const options = object(10, () => {
    for (const { field, type, value } of operator.options ?? []) {
      // No schema default is −99, so every field is written.
      if (type === "byte") b.addFieldInt8(field, value, -99);
      else if (type === "int") b.addFieldInt32(field, value, -99);
      else b.addFieldFloat32(field, value, -99);
    }
  });
  const run = object(12, () => {
    b.addFieldInt32(0, 0, 0);
    b.addFieldOffset(1, from, 0);
    b.addFieldOffset(2, to, 0);
    if (operator.optionsType !== undefined) {
      b.addFieldInt8(3, operator.optionsType, 0);
      b.addFieldOffset(4, options, 0);
    }
  });
  const parts = [
    offsets(tables),
    integers(inputs),
    integers(outputs),
    offsets([run]),
    b.createString("main"),
  ];
  const subgraph = object(6, () => parts.forEach((part, field) => b.addFieldOffset(field, part, 0)));
  const [codes, subgraphs, text, allBuffers] = [
    offsets([code]),
    offsets([subgraph]),
    b.createString("lanewise"),
    offsets(buffers),
  ];
  const root = object(8, () => {
    b.addFieldInt32(0, SCHEMA_VERSION, 0);
    [codes, subgraphs, text, allBuffers].forEach((part, i) => b.addFieldOffset(i + 1, part, 0));
  });
  b.finish(root, "TFL3");
  return b.asUint8Array();
}
