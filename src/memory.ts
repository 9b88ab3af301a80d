/** Who owns bytes and for how long: a heap of blocks, scopes, and the safety net below them. */
import { OutOfMemoryError } from "./errors.js";

/** A piece of a heap. `pointer` and `bytes` count bytes; `references` counts the tensors that share it. */
export class Block {
  references = 0;
  owner = "";
  free = true;
  /** Kept for the next owner who wants exactly as many bytes. */
  pooled = false;
  /** Neighbours in memory. */
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the free list of its class. */
  previous: Block | undefined;
  next: Block | undefined;

  constructor(
    public pointer: number,
    public bytes: number,
  ) {}
}

/** Every block begins at a multiple of this many bytes: a cache line. */
const ALIGNMENT = 64;

/** So many bytes, in whole lines. */
export const wholeLines = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Classes of size within one power of two. */
const STEPS = 8;

/** The class that a free block belongs to: its lower bound is ≤ `bytes`. Exact below 8 lines, then 8 to an octave. */
function classOf(bytes: number): number {
  const lines = bytes / ALIGNMENT;
  if (lines < STEPS) return lines;
  const octave = 31 - Math.clz32(lines);
  return (octave - 2) * STEPS + ((lines >>> (octave - 3)) & (STEPS - 1));
}

/** The first class whose every block holds `bytes`. */
function classHolding(bytes: number): number {
  const lines = bytes / ALIGNMENT;
  if (lines < STEPS) return lines;
  const octave = 31 - Math.clz32(lines);
  return classOf((lines + (1 << (octave - 3)) - 1) * ALIGNMENT);
}

/** What 32-bit addresses can reach. */
const LARGEST = 2 ** 32 - ALIGNMENT;

const CLASSES = classOf(LARGEST) + 1;

/**
 * A two-level segregated-fit allocator (Masmano, Ripoll, Crespo, Real: "TLSF: a new dynamic memory allocator for
 * real-time systems", ECRTS 2004) whose bookkeeping lives outside the memory it divides. Allocation and release take
 * constant time; free neighbours are joined. Above it lies a pool: a released block waits there for an allocation of its very size,
 * so that what repeats, as the steps of a training do, cuts and joins nothing. When the memory would have to grow, the pool is emptied
 * first.
 */
export class Heap {
  liveBytes = 0;
  peakBytes = 0;
  liveBlocks = 0;
  /** Bytes in the pool. */
  pooledBytes = 0;
  /** Blocks that did not come from the pool, since ever. */
  cuts = 0;
  readonly #pool = new Map<number, Block[]>();
  #last: Block | undefined;
  #end: number;
  readonly #lists = new Array<Block | undefined>(CLASSES).fill(undefined);
  /** Bit c & 31 of word c >> 5 tells whether class c has a free block. */
  readonly #occupied = new Int32Array((CLASSES + 31) >>> 5);

  /** `grow(bytes)` makes the memory at least `bytes` long and returns its length, or one below `bytes` if it cannot. */
  constructor(
    start: number,
    private readonly grow: (bytes: number) => number,
  ) {
    this.#end = start;
  }

  /** A block of at least `bytes` bytes whose content is undefined. Throws OutOfMemoryError, having changed nothing. */
  allocate(bytes: number, owner: string): Block {
    if (bytes > LARGEST) throw this.#exhausted(bytes, owner);
    const rounded = wholeLines(Math.max(1, bytes));
    const block = this.#reuse(rounded) ?? this.#cut(rounded, owner);
    block.owner = owner;
    this.liveBytes += block.bytes;
    this.liveBlocks++;
    if (this.liveBytes > this.peakBytes) this.peakBytes = this.liveBytes;
    return block;
  }

  release(block: Block): void {
    this.liveBytes -= block.bytes;
    this.liveBlocks--;
    this.pooledBytes += block.bytes;
    block.pooled = true;
    const alike = this.#pool.get(block.bytes);
    if (alike === undefined) this.#pool.set(block.bytes, [block]);
    else alike.push(block);
  }

  /** A block of exactly so many bytes from the pool. */
  #reuse(bytes: number): Block | undefined {
    const block = this.#pool.get(bytes)?.pop();
    if (block === undefined) return undefined;
    this.pooledBytes -= bytes;
    block.pooled = false;
    return block;
  }

  #cut(bytes: number, owner: string): Block {
    this.cuts++;
    let block = this.#take(bytes);
    if (block === undefined && this.pooledBytes > 0) {
      this.#drain();
      block = this.#take(bytes);
    }
    block ??= this.#extend(bytes, owner);
    block.free = false;
    this.#split(block, bytes);
    return block;
  }

  /** Empties the pool, joining free neighbours. */
  #drain(): void {
    for (const blocks of this.#pool.values()) for (const block of blocks) this.#join(block);
    this.#pool.clear();
    this.pooledBytes = 0;
  }

  #join(block: Block): void {
    block.pooled = false;
    const { before, after } = block;
    if (after?.free) {
      this.#unlist(after);
      this.#absorb(block, after);
    }
    if (before?.free) {
      this.#unlist(before);
      this.#absorb(before, block);
      this.#list(before);
    } else this.#list(block);
  }

  /** Live bytes of each owner, the largest first. */
  census(): { owner: string; bytes: number; blocks: number }[] {
    const owners = new Map<string, { owner: string; bytes: number; blocks: number }>();
    for (let block = this.#last; block !== undefined; block = block.before) {
      if (block.free || block.pooled) continue;
      const entry = owners.get(block.owner) ?? { owner: block.owner, bytes: 0, blocks: 0 };
      entry.bytes += block.bytes;
      entry.blocks++;
      owners.set(block.owner, entry);
    }
    return [...owners.values()].sort((a, b) => b.bytes - a.bytes);
  }

  #take(bytes: number): Block | undefined {
    const from = classHolding(bytes);
    let word = from >>> 5;
    let bits = this.#occupied[word] & (-1 << (from & 31));
    while (bits === 0) {
      if (++word === this.#occupied.length) return undefined;
      bits = this.#occupied[word];
    }
    const block = this.#lists[(word << 5) + 31 - Math.clz32(bits & -bits)]!;
    this.#unlist(block);
    return block;
  }

  /** A block at the end of the memory, which grows by a quarter of what is live at least. */
  #extend(bytes: number, owner: string): Block {
    const tail = this.#last?.free ? this.#last : undefined;
    const missing = bytes - (tail?.bytes ?? 0);
    const length = this.grow(this.#end + Math.max(missing, this.liveBytes >>> 2));
    const end = length >= this.#end + missing ? length : this.grow(this.#end + missing);
    if (end < this.#end + missing) throw this.#exhausted(bytes, owner);
    if (tail !== undefined) {
      this.#unlist(tail);
      tail.bytes += end - this.#end;
      this.#end = end;
      return tail;
    }
    const block = new Block(this.#end, end - this.#end);
    block.before = this.#last;
    if (this.#last !== undefined) this.#last.after = block;
    this.#last = block;
    this.#end = end;
    return block;
  }

  #exhausted(bytes: number, owner: string): OutOfMemoryError {
    const owners = this.census().slice(0, 5);
    const holders = owners
      .map((entry) => `${entry.owner} ${entry.bytes} bytes in ${entry.blocks}`)
      .join(", ");
    return new OutOfMemoryError(
      `${owner}: out of memory: ${bytes} bytes asked, ${this.liveBytes} bytes live` +
        (holders === "" ? "" : ` (${holders})`),
    );
  }

  /** Gives what `block` has beyond `bytes` back. */
  #split(block: Block, bytes: number): void {
    const rest = block.bytes - bytes;
    if (rest < ALIGNMENT) return;
    block.bytes = bytes;
    const tail = new Block(block.pointer + bytes, rest);
    tail.before = block;
    tail.after = block.after;
    if (block.after === undefined) this.#last = tail;
    else block.after.before = tail;
    block.after = tail;
    this.#list(tail);
  }

  #absorb(block: Block, after: Block): void {
    block.bytes += after.bytes;
    block.after = after.after;
    if (after.after === undefined) this.#last = block;
    else after.after.before = block;
  }

  #list(block: Block): void {
    const index = classOf(block.bytes);
    const head = this.#lists[index];
    block.free = true;
    block.previous = undefined;
    block.next = head;
    if (head !== undefined) head.previous = block;
    this.#lists[index] = block;
    this.#occupied[index >>> 5] |= 1 << (index & 31);
  }

  #unlist(block: Block): void {
    const index = classOf(block.bytes);
    if (block.next !== undefined) block.next.previous = block.previous;
    if (block.previous !== undefined) block.previous.next = block.next;
    else {
      this.#lists[index] = block.next;
      if (block.next === undefined) this.#occupied[index >>> 5] &= ~(1 << (index & 31));
    }
    block.free = false;
  }
}

/** What a scope frees at its end. `scope` is the one that will. */
export interface Resource {
  scope: Scope | undefined;
  dispose(): void;
  /** Called when no scope will free it any more. */
  escaped(): void;
}

type Scope = Set<Resource>;

const scopes: Scope[] = [];

/** Puts a new resource into the innermost scope, if there is one. */
export function adopt(resource: Resource): void {
  const scope = scopes.at(-1);
  resource.scope = scope;
  if (scope === undefined) resource.escaped();
  else scope.add(resource);
}

/** Takes a resource out of its scope: whoever calls this owns it, and disposes of it. */
export function keep<R extends Resource>(resource: R): R {
  if (resource.scope === undefined) return resource;
  resource.scope.delete(resource);
  resource.scope = undefined;
  resource.escaped();
  return resource;
}

function isResource(value: object): boolean {
  return typeof (value as Partial<Resource>).escaped === "function";
}

/** Adds to `found` every resource that can be reached from `value` through arrays, maps, sets and objects. */
function reach(value: unknown, found: Set<unknown>): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || found.has(value))
    return;
  found.add(value);
  if (isResource(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
  if (value instanceof Map) for (const entry of value) reach(entry, found);
  else if (value instanceof Set || Array.isArray(value)) for (const item of value) reach(item, found);
  else if (typeof value === "object") for (const item of Object.values(value)) reach(item, found);
}

/** A type that is no promise: the body of a scope must have ended when the scope ends. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Runs `body` and frees every tensor made inside, but those that the returned value holds (in arrays, maps, sets or
 * objects, however deep): they pass to the enclosing scope. An async body does not compile.
 */
export function scope<T>(body: () => Synchronous<T>): T {
  const inner: Scope = new Set();
  const found = new Set<unknown>();
  scopes.push(inner);
  try {
    const value = body();
    reach(value, found);
    return value;
  } finally {
    scopes.pop();
    for (const resource of inner) {
      resource.scope = undefined;
      if (found.has(resource)) adopt(resource);
      else resource.dispose();
    }
  }
}
