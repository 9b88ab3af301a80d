import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  DisposedError,
  DTypeError,
  FormatError,
  init,
  memory,
  OptionError,
  safetensors,
  scope,
  tensor,
} from "../src/index.js";

beforeAll(() => init());

/** A test whose tensors are freed. */
const test = (name: string, body: () => void): void => it(name, () => scope(body));

/** A file with any header and so many bytes of data. */
function file(header: string | Uint8Array, data: number | Uint8Array = 0, length?: bigint): Uint8Array {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = typeof data === "number" ? new Uint8Array(data) : data;
  const prologue = new Uint8Array(8);
  new DataView(prologue.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  return Uint8Array.from([...prologue, ...json, ...bytes]);
}

const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = "F32"): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe("a file that was written", () => {
  test("has the published form, byte for byte", () => {
    const bytes = safetensors.serialize({ a: tensor([1, -2]), b: tensor(Int32Array.of(7)) }, { by: "x" });
    const header =
      '{"__metadata__":{"by":"x"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
      '"b":{"dtype":"I32","shape":[1],"data_offsets":[8,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
    const data = new Uint8Array([...new Uint8Array(Float32Array.of(1, -2).buffer), 7, 0, 0, 0]);
    expect(Buffer.from(bytes).equals(file(padded, data))).toBe(true);
  });

  test("is read with every bit, also at an odd address and from a pool", () => {
    const numbers = Float32Array.of(NaN, -0, Infinity, 1e-45, 3.4e38);
    const bytes = safetensors.serialize({
      "0.weight": tensor(numbers, [5, 1]),
      "": tensor([], [0, 3]),
      n: tensor(Int32Array.of(-(2 ** 31)), []),
    });
    for (const offset of [0, 1, 3]) {
      const moved = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
      const { tensors, metadata } = safetensors.parse(moved);
      expect(metadata).toEqual({});
      expect(Object.keys(tensors)).toEqual(["0.weight", "", "n"]);
      expect(Object.values(tensors).map(({ shape, dtype }) => [shape, dtype])).toEqual([
        [[5, 1], "float32"],
        [[0, 3], "float32"],
        [[], "int32"],
      ]);
      expect(Object.is(tensors["0.weight"].dataSync()[1], -0)).toBe(true);
      expect(Array.from(tensors["0.weight"].dataSync())).toEqual(Array.from(numbers));
      expect(tensors.n.item()).toBe(-(2 ** 31));
    }
  });

  test("keeps names that mean something to JavaScript", () => {
    const tensors = Object.fromEntries(
      ["__proto__", "constructor", "toString", "ключ", '"\\:{}', "\ud800"].map((name, i) => [
        name,
        tensor([i]),
      ]),
    );
    const bytes = safetensors.serialize(
      tensors,
      JSON.parse('{"__proto__": "text"}') as Record<string, string>,
    );
    const back = safetensors.parse(bytes);
    expect(Object.getPrototypeOf(back.tensors)).toBe(Object.prototype);
    expect(Object.keys(back.tensors)).toEqual(Object.keys(tensors));
    expect(Object.values(back.tensors).map((each) => each.item())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Object.entries(back.metadata)).toEqual([["__proto__", "text"]]);
    expect(({} as Record<string, unknown>)["text"]).toBeUndefined();
  });

  test("may hold nothing", () => {
    expect(safetensors.parse(safetensors.serialize({}))).toEqual({ tensors: {}, metadata: {} });
  });

  test("refuses what the format cannot hold", () => {
    const gone = tensor([1]);
    gone.dispose();
    expect(() => safetensors.serialize({ gone })).toThrow(DisposedError);
    expect(() => safetensors.serialize({ __metadata__: tensor([1]) })).toThrow(OptionError);
    expect(() => safetensors.serialize({}, { epoch: 3 } as never)).toThrow(OptionError);
  });
});

test("accepts tensors out of order, and a header without padding", () => {
  const data = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const bytes = file(`{"b":${entry([2], 4, 12)},"a":${entry([1], 0, 4)},"none":${entry([0], 4, 4)}}`, data);
  const { tensors } = safetensors.parse(bytes);
  expect(tensors.a.toArray()).toEqual([1]);
  expect(tensors.b.toArray()).toEqual([2, 3]);
});

describe("a hostile file", () => {
  const a = entry([1], 0, 4);
  const hostile: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(0), /has 0 bytes/],
    ["shorter than its prologue", new Uint8Array(7), /has 7 bytes/],
    ["a header longer than the file", file("{}", 0, 3n), /cut off/],
    ["a header of 2⁶⁴ − 1 bytes", file("{}", 0, 2n ** 64n - 1n), /at most 100000000/],
    ["a header above the limit", file("{}", 0, 100_000_001n), /at most 100000000/],
    ["an empty header", file(""), /does not begin with {/],
    ["a header that begins with a space", file(" {}"), /does not begin with {/],
    ["a byte order mark", file("\ufeff{}"), /does not begin with {/],
    ["an array", file("[]"), /does not begin with {/],
    ["no JSON", file('{"a":'), /not JSON/],
    ["text behind the object", file("{} {}"), /not JSON/],
    ["no UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not UTF-8/],
    ["a tensor that is no object", file('{"a":3}'), /"a" is no object/],
    ["a tensor that is an array", file('{"a":[]}'), /"a" is no object/],
    ["a name twice", file(`{"a":${a},"a":${a}}`, 4), /key twice/],
    ["a name twice, once escaped", file(`{"a":${a},"\\u0061":${a}}`, 4), /key twice/],
    [
      "a field twice",
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      /key twice/,
    ],
    [
      "an unknown field",
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', 4),
      /unknown key "x"/,
    ],
    ["no dtype", file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), /"a" has no dtype/],
    ["no shape", file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), /"a" has no shape/],
    ["no offsets", file('{"a":{"dtype":"F32","shape":[1]}}', 4), /"a" has no data_offsets/],
    ["three offsets", file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4), /no data_offsets/],
    ["a negative extent", file(`{"a":${entry([-1], 0, 4)}}`, 4), /"a" has no shape/],
    ["a broken extent", file(`{"a":${entry([0.5], 0, 2)}}`, 2), /"a" has no shape/],
    ["an extent beyond 2⁵³", file(`{"a":${entry([2 ** 53], 0, 4)}}`, 4), /"a" has no shape/],
    ["an extent as text", file(`{"a":${entry(["1"], 0, 4)}}`, 4), /"a" has no shape/],
    ["a nested shape", file(`{"a":${entry([[1]], 0, 4)}}`, 4), /"a" has no shape/],
    ["sizes whose product overflows", file(`{"a":${entry([2 ** 40, 2 ** 40], 0, 0)}}`), /by its shape/],
    [
      "sizes whose product is no number",
      file(`{"a":${entry([...Array<number>(30).fill(2 ** 52), 0], 0, 0)}}`),
      /by its/,
    ],
    ["a shape of another size", file(`{"a":${entry([2], 0, 4)}}`, 4), /8 bytes by its shape and 4/],
    ["offsets the wrong way round", file(`{"a":${entry([1], 4, 0)}}`, 4), /by its shape/],
    ["a negative offset", file(`{"a":${entry([1], -4, 0)}}`, 4), /no data_offsets/],
    ["data cut off", file(`{"a":${entry([2], 0, 8)}}`, 7), /ends at byte 8 of 7/],
    ["data left over", file(`{"a":${a}}`, 5), /1 bytes follow/],
    ["data and no tensor", file("{}", 5), /5 bytes follow/],
    ["a gap", file(`{"a":${a},"b":${entry([1], 8, 12)}}`, 12), /"b" begins at byte 8, expected 4/],
    ["a gap at the beginning", file(`{"a":${entry([1], 4, 8)}}`, 8), /"a" begins at byte 4, expected 0/],
    ["an overlap", file(`{"a":${entry([2], 0, 8)},"b":${entry([2], 4, 12)}}`, 12), /"b" begins at byte 4/],
    ["two names for one range", file(`{"a":${a},"b":${a}}`, 4), /gap or an overlap/],
    ["metadata that is a list", file('{"__metadata__":[]}'), /__metadata__ is no object of strings/],
    ["metadata that is null", file('{"__metadata__":null}'), /__metadata__ is no object of strings/],
    ["metadata with a number", file('{"__metadata__":{"a":1}}'), /__metadata__ is no object of strings/],
    ["a name that a terminal would obey", file('{"\\u001b[2J":3}'), /"\\u001b\[2J" is no object/],
    ["a name of a megabyte", file(`{"${"x".repeat(1e6)}":3}`), /^.{0,150}$/],
    ["a tower of objects", file(`${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`), /too deep|not JSON/],
    ["a tower of arrays", file(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), /no object|not JSON/],
  ];

  it.each(hostile)("%s: is refused and costs no memory", (_, bytes, message) => {
    const before = memory();
    expect(() => safetensors.parse(bytes)).toThrow(FormatError);
    expect(() => safetensors.parse(bytes)).toThrow(message);
    expect(memory()).toEqual(before);
  });

  test("truth values are not written", () => {
    expect(() => safetensors.serialize({ mask: tensor([true]) })).toThrow(
      new DTypeError(
        'safetensors.serialize: "mask" is bool, expected one of float32, float64, float16, bfloat16, int32, int8 (cast converts)',
      ),
    );
  });

  it.each(["float64", "float16", "bfloat16", "int8"] as const)("keeps every bit of %s", (dtype) => {
    const x = tensor([1, -2, 0.5, 96, -0, 3, 7], [7], dtype);
    const { tensors } = safetensors.parse(
      safetensors.serialize({ first: tensor([1]), x, last: tensor([2]) }),
    );
    expect(tensors.x.dtype).toBe(dtype);
    expect(tensors.x.dataSync()).toEqual(x.dataSync());
    expect(tensors.last.toArray()).toEqual([2]);
  });

  test("names a dtype that it does not read", () => {
    const bytes = file(`{"a":${a},"quarter":${entry([4], 4, 8, "F8_E4M3")}}`, 8);
    expect(() => safetensors.parse(bytes)).toThrow(DTypeError);
    expect(() => safetensors.parse(bytes)).toThrow(
      /"quarter" is "F8_E4M3", expected F32, F64, F16, BF16, I32, I8/,
    );
  });

  test("cut off or changed anywhere is refused or read, never anything else", () => {
    const sound = safetensors.serialize({ a: tensor([1, 2, 3]), b: tensor([[4]]) }, { note: "x" });
    for (let length = 0; length < sound.length; length++)
      expect(() => safetensors.parse(sound.subarray(0, length))).toThrow(FormatError);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), (at, value) => {
        const bytes = sound.slice();
        bytes[at] = value;
        const before = memory();
        try {
          scope(() => void safetensors.parse(bytes));
        } catch (error) {
          if (!(error instanceof FormatError || error instanceof DTypeError)) throw error;
        }
        expect(memory().liveBlocks).toBe(before.liveBlocks);
      }),
      { numRuns: 2000 },
    );
  });
});
