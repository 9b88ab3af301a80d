/** The AssemblyScript of the machine's own limits: loops that do nothing but multiply-add, or move memory. */

/** Independent chains of a register-only loop: as many as its latency needs and as V8's sixteen registers hold. */
const CHAINS = { fused: 12, unfused: 13 };
const UNROLL = 4;

function repeat(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n  ");
}

/** 2 · 4 · chains · unroll flops a turn, all operands in registers. */
function registers(name: "fused" | "unfused", step: (x: string) => string): string {
  const chains = CHAINS[name];
  return `
export function ${name}(turns: i32, scale: f32, offset: f32): f32 {
  const m = f32x4.splat(scale), c = f32x4.splat(offset);
  ${repeat(chains, (i) => `let x${i} = f32x4.splat(${(i + 1) / 16});`)}
  for (; turns > 0; turns--) {
  ${repeat(chains * UNROLL, (i) => `x${i % chains} = ${step(`x${i % chains}`)};`)}
  }
  ${repeat(chains - 1, (i) => `x0 = f32x4.add(x0, x${i + 1});`)}
  return f32x4.extract_lane(x0, 0);
}`;
}

export const flopsPerTurn = { fused: 8 * UNROLL * CHAINS.fused, unfused: 8 * UNROLL * CHAINS.unfused };

/** 64 bytes of each stream a turn. */
function stream(name: string, pointers: readonly string[], line: (offset: number) => string): string {
  return `
export function ${name}(${pointers.map((p) => `${p}: usize, `).join("")}bytes: usize): void {
  const s = f32x4.splat(3);
  for (const end = ${pointers[0]} + bytes; ${pointers[0]} < end; ) {
  ${repeat(4, (i) => line(16 * i))}
  ${repeat(pointers.length, (i) => `${pointers[i]} += 64;`)}
  }
}`;
}

const streams = [
  stream("fill", ["y"], (at) => `v128.store(y, s, ${at});`),
  stream("copy", ["y", "x"], (at) => `v128.store(y, v128.load(x, ${at}), ${at});`),
  stream(
    "triad",
    ["y", "x", "z"],
    (at) => `v128.store(y, f32x4.add(v128.load(x, ${at}), f32x4.mul(s, v128.load(z, ${at}))), ${at});`,
  ),
  `
export function read(x: usize, bytes: usize): f32 {
  ${repeat(8, (i) => `let s${i} = f32x4.splat(0);`)}
  for (const end = x + bytes; x < end; x += 128) {
  ${repeat(8, (i) => `s${i} = f32x4.add(s${i}, v128.load(x, ${16 * i}));`)}
  }
  ${repeat(7, (i) => `s0 = f32x4.add(s0, s${i + 1});`)}
  return f32x4.extract_lane(s0, 0);
}`,
];

/** The package's own microkernel, over one pair of panels again and again. */
const tile = `
import { FUSED } from "../../assembly/simd";
import { MR, NR, shortTile, tallTile } from "../../assembly/gemm/tile";

export function rows(): i32 { return MR; }
export function cols(): i32 { return NR; }
export function tiles(a: usize, b: usize, c: usize, k: i32, turns: i32): void {
  for (; turns > 0; turns--) oneTile(a, b, c, k);
}
/** Exported, so that it stays a function of its own, as it is inside matmul. */
export function oneTile(a: usize, b: usize, c: usize, k: i32): void {
  if (FUSED) tallTile(a, b, c, <usize>NR << 2, k, true);
  else shortTile(a, b, c, <usize>NR << 2, k, true);
}`;

/** All of it; \`fused\` needs relaxed SIMD. */
export function source(relaxed: boolean): string {
  return [
    tile,
    registers("unfused", (x) => `f32x4.add(f32x4.mul(${x}, m), c)`),
    relaxed ? registers("fused", (x) => `f32x4.relaxed_madd(${x}, m, c)`) : "",
    ...streams,
  ].join("\n");
}
