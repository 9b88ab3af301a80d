/** Who owns bytes and for how long: the heap, scopes, disposal, exhaustion. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as L from "../src/index.js";
import { builtBinary, builtPart, runnable } from "./binaries.js";
import { Block, Heap } from "../src/memory.js";

describe("Heap", () => {
  const START = 1024;
  let length = START;
  const heapOf = (limit: number): Heap => {
    length = START;
    return new Heap(START, (bytes) => (bytes <= limit ? (length = Math.max(length, bytes)) : length));
  };

  test("random allocations and releases: aligned, apart, counted, and one block again in the end", () => {
    const allocate = fc.record({ bytes: fc.oneof(fc.nat(300), fc.nat(100_000)) });
    const release = fc.record({ which: fc.nat() });
    fc.assert(
      fc.property(fc.array(fc.oneof(allocate, release), { maxLength: 200 }), (steps) => {
        const heap = heapOf(2 ** 32);
        const live: Block[] = [];
        for (const step of steps) {
          if ("bytes" in step) {
            const block = heap.allocate(step.bytes, "test");
            expect(block.pointer % 64).toBe(0);
            expect(block.bytes).toBeGreaterThanOrEqual(step.bytes);
            expect(block.pointer).toBeGreaterThanOrEqual(START);
            for (const other of live)
              expect(
                block.pointer + block.bytes <= other.pointer || other.pointer + other.bytes <= block.pointer,
              ).toBe(true);
            live.push(block);
          } else if (live.length > 0) heap.release(live.splice(step.which % live.length, 1)[0]);
          expect(heap.liveBlocks).toBe(live.length);
          expect(heap.liveBytes).toBe(live.reduce((sum, block) => sum + block.bytes, 0));
        }
        for (const block of live) heap.release(block);
        // All that was ever live is one free block when one is wanted: a block larger than the memory begins at the start.
        expect(heap.allocate(length - START + 1, "all").pointer).toBe(START);
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  test("exhaustion says what was asked and who holds what, and leaves all as it was", () => {
    const heap = heapOf(START + 1000);
    const a = heap.allocate(600, "matmul");
    heap.allocate(64, "add");
    const before = { live: heap.liveBytes, blocks: heap.liveBlocks, census: heap.census() };
    expect(() => heap.allocate(512, "exp")).toThrow(
      new L.OutOfMemoryError(
        "exp: out of memory: 512 bytes asked, 704 bytes live (matmul 640 bytes in 1, add 64 bytes in 1)",
      ),
    );
    expect({ live: heap.liveBytes, blocks: heap.liveBlocks, census: heap.census() }).toEqual(before);
    heap.release(a);
    expect(heap.allocate(640, "exp").pointer).toBe(START);
  });

  test("a released block is used again", () => {
    const heap = heapOf(2 ** 30);
    const blocks = [1000, 2000, 3000].map((bytes) => heap.allocate(bytes, "x"));
    const { pointer } = blocks[1];
    heap.release(blocks[1]);
    expect(heap.allocate(2000, "y").pointer).toBe(pointer);
    expect(heap.peakBytes).toBe(heap.liveBytes);
  });
});

describe("tensors", () => {
  beforeEach(() => L.init());
  const live = (): number => L.memory().liveBytes;

  test("a scope frees all but what it returns, however deep", () => {
    const kept = L.scope(() => {
      const make = (): L.Tensor => L.ones([100]);
      make();
      L.scope(() => make());
      return {
        list: [make(), { more: make() }],
        map: new Map([["a", make()]]),
        set: new Set([make()]),
        number: 3,
      };
    });
    expect(L.memory().liveBlocks).toBe(4);
    for (const x of [
      kept.list[0],
      (kept.list[1] as { more: L.Tensor }).more,
      kept.map.get("a")!,
      ...kept.set,
    ] as L.Tensor[]) {
      expect(x.dataSync()[99]).toBe(1);
      x.dispose();
    }
    expect(live()).toBe(0);
  });

  test("what escapes an inner scope belongs to the outer one", () => {
    let escaped: L.Tensor | undefined;
    L.scope(() => {
      escaped = L.scope(() => L.ones([3]));
      expect(escaped.disposed).toBe(false);
    });
    expect(escaped!.disposed).toBe(true);
    expect(live()).toBe(0);
  });

  test("a scope that throws frees everything and passes the error on", () => {
    const error = new Error("mine");
    expect(() =>
      L.scope(() => {
        L.ones([3]);
        throw error;
      }),
    ).toThrow(error);
    expect(live()).toBe(0);
  });

  test("keep takes a tensor out of every scope", () => {
    let x!: L.Tensor;
    L.scope(() => L.scope(() => void (x = L.keep(L.ones([3])))));
    expect(x.toArray()).toEqual([1, 1, 1]);
    expect(live()).toBe(64);
    x.dispose();
    expect(live()).toBe(0);
  });

  test("disposing twice is harmless, also of one of two views of a block", () => {
    const x = L.ones([2, 3]);
    const y = L.reshape(x, [6]);
    expect(L.memory().liveBlocks).toBe(1);
    x.dispose();
    x.dispose();
    expect([...y.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    y.dispose();
    y.dispose();
    expect(L.memory()).toMatchObject({ liveBytes: 0, liveBlocks: 0 });
  });

  test("use after disposal names the op and the argument", () => {
    const [x, y] = [L.ones([2, 3]), L.ones([3])];
    y.dispose();
    expect(() => L.add(x, y)).toThrow(new L.DisposedError("add: y [3] was disposed"));
    expect(() => y.dataSync()).toThrow(new L.DisposedError("dataSync: tensor [3] was disposed"));
    x.dispose();
    expect(() => L.matmul(x, x)).toThrow(new L.DisposedError("matmul: a [2, 3] was disposed"));
    expect(live()).toBe(0);
  });

  test("using disposes at the end of the block", () => {
    {
      using x = L.ones([5]);
      expect(x.disposed).toBe(false);
      expect(live()).toBe(64);
    }
    expect(live()).toBe(0);
  });

  test("data survives the memory's growth", async () => {
    const x = L.tensor([1, 2, 3]);
    const before = L.memory().heapBytes;
    const large = L.full([1 << 20], 7);
    expect(L.memory().heapBytes).toBeGreaterThan(before);
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
    expect([...(await x.data())]).toEqual([1, 2, 3]);
    expect(large.dataSync().every((value) => value === 7)).toBe(true);
    x.dispose();
    large.dispose();
  });

  test("data is a copy", () => {
    using x = L.tensor([1, 2, 3]);
    x.dataSync()[0] = 9;
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
    const source = Float32Array.of(4, 5);
    using y = L.tensor(source);
    source[0] = 9;
    expect([...y.dataSync()]).toEqual([4, 5]);
  });

  test("out of memory: what was asked, what is live, and by whom; nothing is lost", async () => {
    await L.init({ maxBytes: 4 * 65536 });
    const x = L.full([25_000], 1);
    const before = L.memory();
    const message =
      /^exp: out of memory: 100032 bytes asked, 200064 bytes live \(exp 100032 bytes in 1, full 100032 bytes in 1\)$/;
    const y = L.exp(x);
    expect(() => L.exp(x)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
    expect(() => L.exp(x)).toThrow(L.OutOfMemoryError);
    y.dispose();
    expect(L.memory().liveBytes).toBe(before.liveBytes);
    L.exp(x).dispose();
    x.dispose();
    expect(live()).toBe(0);
  });

  test("reports what each op holds, and what waits in the pool", async () => {
    await L.init();
    const x = L.full([1000], 1);
    const [y, z] = [L.exp(x), L.exp(x)];
    expect(L.memory()).toMatchObject({
      liveBytes: 3 * 4032,
      liveBlocks: 3,
      pooledBytes: 0,
      owners: [
        { owner: "exp", bytes: 8064, blocks: 2 },
        { owner: "full", bytes: 4032, blocks: 1 },
      ],
    });
    y.dispose();
    expect(L.memory()).toMatchObject({ liveBytes: 8064, pooledBytes: 4032 });
    L.scope(() => void L.exp(x));
    for (const tensor of [x, z]) tensor.dispose();
    expect(L.memory()).toMatchObject({ liveBytes: 0, pooledBytes: 3 * 4032, owners: [] });
  });

  test("the steps of a training cut nothing from the heap once the first ones have", async () => {
    await L.init();
    const key = L.random.key(3);
    const model = new L.nn.Sequential(
      new L.nn.Conv2d(1, 4, 3, { key }),
      new L.nn.ReLU(),
      new L.nn.Flatten(),
      new L.nn.Linear(4 * 8 * 8, 10, { key }),
    );
    const optimizer = new L.optim.Adam(model.parameters());
    const step = L.valueAndGrad(
      (x: L.Tensor, y: L.Tensor) => L.nn.crossEntropy(model.forward(x), y),
      model.parameters(),
    );
    const labels = Int32Array.from({ length: 16 }, (_, i) => i % 10);
    const cuts = Array.from({ length: 8 }, () => {
      const before = L.memory().cuts;
      L.scope(() => optimizer.step(step(L.full([16, 10, 10, 1], 0.5), L.tensor(labels))[1]));
      return L.memory().cuts - before;
    });
    expect(cuts[0]).toBeGreaterThan(10);
    expect(cuts.slice(4)).toEqual([0, 0, 0, 0]);
  });

  test("an op whose second output or scratch does not fit gives back the first", async () => {
    await L.init({ maxBytes: 2 * 65536 });
    const x = L.full([140, 140], 1); // 78 KB: a product fits beside it only without its scratch
    const before = live();
    expect(() => L.matmul(x, x)).toThrow(L.OutOfMemoryError);
    expect(live()).toBe(before);
    x.dispose();
  });
});

test("a result beyond what 32-bit addresses reach is refused, by a product, a sum and a shape", async () => {
  await L.init();
  const [row, column] = [L.ones([1, 70_000]), L.ones([70_000, 1])];
  const before = L.memory().liveBytes;
  const message = /: out of memory: 19600000000 bytes asked, \d+ bytes live/;
  expect(() => L.add(row, column)).toThrow(message);
  expect(() => L.matmul(column, row)).toThrow(L.OutOfMemoryError);
  expect(() => L.broadcastTo(row, [70_000, 70_000])).toThrow(L.ShapeError);
  expect(() => L.zeros([2 ** 31])).toThrow(L.ShapeError);
  expect(L.memory().liveBytes).toBe(before);
  row.dispose();
  column.dispose();
});

describe("init", () => {
  test("says what it chose and why", async () => {
    const device = await L.init({ prefer: ["wasm-simd"] });
    expect(device.name).toBe("wasm-simd");
    expect(L.info()).toMatchObject({ device: "wasm-simd", passedOver: [] });
    expect(L.info().reason).not.toBe("");
  });

  test("names an unknown device and an unknown option", async () => {
    await expect(L.init({ prefer: ["gpu" as "wasm-simd"] })).rejects.toThrow(
      new L.OptionError('init: prefer has "gpu", expected wasm-relaxed, wasm-simd'),
    );
    await expect(L.init({ preffer: [] } as object)).rejects.toThrow('init: unknown option "preffer"');
    await expect(L.init({ maxBytes: -1 })).rejects.toThrow(L.OptionError);
    await expect(L.init({ prefer: [] })).rejects.toThrow(L.DeviceError);
  });

  test("passes over what each engine rounds as it likes, and says so", async () => {
    const device = await L.init({ deterministic: true });
    expect(device.name).toBe("wasm-simd");
    expect(L.info()).toMatchObject({
      device: "wasm-simd",
      deterministic: true,
      passedOver: [
        { device: "wasm-relaxed", reason: "deterministic: each engine rounds relaxed SIMD as it likes" },
      ],
    });
    await L.init();
    expect(L.info()).toMatchObject({ device: runnable.at(-1), deterministic: false });
  });

  test("takes what it may of `prefer`, and refuses one that has nothing of it", async () => {
    await L.init({ deterministic: true, prefer: ["wasm-simd", "wasm-relaxed"] });
    expect(L.info()).toMatchObject({ device: "wasm-simd", passedOver: [] });
    await expect(L.init({ deterministic: true, prefer: ["wasm-relaxed"] })).rejects.toThrow(
      new L.OptionError("init: prefer is [wasm-relaxed], expected wasm-simd in it (deterministic)"),
    );
  });

  test("tensors of two devices do not meet in one op", async () => {
    await L.init({ prefer: ["wasm-simd"] });
    const x = L.ones([2]);
    await L.init({ prefer: ["wasm-simd"] });
    const y = L.ones([2]);
    expect(() => L.add(x, y)).toThrow(new L.DeviceError("add: x is on wasm-simd and y on wasm-simd"));
    expect([...L.add(x, 1).dataSync()]).toEqual([2, 2]);
  });

  test("takes a module compiled beforehand, which has the kernels of every part", async () => {
    const module = await WebAssembly.compile(builtBinary("simd"));
    await L.init({ module });
    expect(L.add(L.ones([2]), 1).toArray()).toEqual([2, 2]);
    expect(L.abs(L.tensor([-1, 2])).toArray()).toEqual([1, 2]);
    expect(L.info()).toMatchObject({ device: "wasm", reason: "its module was given" });
  });

  test("links modules beside it, whose kernels ops of one's own may name", async () => {
    const module = await WebAssembly.compile(builtPart("elementary", "simd"));
    await L.init({ prefer: ["wasm-simd"], modules: [module] });
    const mine = L.op<[x: L.Tensor]>()({
      name: "mine",
      inputs: { x: "float32" },
      plan: ([x]) => ({ kernel: "abs", outputs: [x], grid: 2 }), // and no part that has it
    });
    expect(mine(L.tensor([-1, 2])).toArray()).toEqual([1, 2]);
    await L.init({ prefer: ["wasm-simd"] });
    const before = L.memory().liveBytes;
    const x = L.tensor([-1, 2]);
    expect(() => mine(x)).toThrow(new L.DeviceError('mine: wasm-simd has no kernel "abs"'));
    x.dispose();
    expect(L.memory().liveBytes).toBe(before);
  });

  test("compiles a part when the first of its kernels runs", async () => {
    await L.init({ prefer: ["wasm-simd"] });
    expect(L.abs(L.tensor([-1, 2])).toArray()).toEqual([1, 2]);
    expect(L.where(L.tensor([true, false]), 1, 2).toArray()).toEqual([1, 2]);
  });
});

describe("tensor", () => {
  beforeEach(() => L.init());

  test("shapes and dtypes", () => {
    expect(L.tensor([[1, 2, 3], [4, 5, 6]]).shape).toEqual([2, 3]); // prettier-ignore
    expect(L.tensor(5).shape).toEqual([]);
    expect(L.tensor([]).shape).toEqual([0]);
    expect(L.tensor(Int32Array.of(1, 2)).dtype).toBe("int32");
    expect(L.tensor(Uint8Array.of(1, 255)).toArray()).toEqual([1, 255]);
    expect(L.tensor(Float64Array.of(0.5)).dtype).toBe("float32");
    expect(L.tensor(Float64Array.of(0.1), [1], "float64").item()).toBe(0.1);
    expect(L.tensor([1, -128, 127], [3], "int8").toArray()).toEqual([1, -128, 127]);
    expect(L.tensor([1, 2, 3, 4], [2, 2]).toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(String(L.tensor([1, 2]))).toBe("Tensor float32[2]");
  });

  test("errors", () => {
    expect(() => L.tensor([[1, 2], [3]])).toThrow(
      new L.ShapeError("tensor: data has rows of shape [2] and [1]"),
    );
    expect(() => L.tensor([1, 2, 3], [2])).toThrow(
      new L.ShapeError("tensor: data has 3 elements, shape [2] has 2"),
    );
    expect(() => L.tensor(["a"] as never)).toThrow(L.LanewiseError);
    expect(() => L.tensor([1], [1], "int4" as never)).toThrow(
      new L.DTypeError(
        "tensor: dtype is int4, expected one of float32, float64, float16, bfloat16, int32, int8, bool",
      ),
    );
    expect(() => L.tensor([1, 2]).item()).toThrow(
      new L.ShapeError("item: tensor is [2], expected one element"),
    );
  });
});
