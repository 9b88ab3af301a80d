/** The header of a safetensors file, which may be damaged or hostile: all that it says is checked before it is used. */
import { bytesOf, type DType } from "../dtype.js";
import { DTypeError, FormatError } from "../errors.js";
import { sizeOf } from "../shape.js";

/** The longest header, in bytes: the reference implementation's limit. */
export const LONGEST_HEADER = 100_000_000;

/** Where the header begins, in bytes. */
export const PROLOGUE = 8;

/** The name that is no tensor's. */
export const METADATA = "__metadata__";

/** What the format calls the dtypes that files may hold. */
export const DTYPES: Readonly<Partial<Record<DType, string>>> = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  int32: "I32",
  int8: "I8",
};

/** What a header says of one tensor. */
export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where the elements lie in the data, in bytes. */
  readonly begin: number;
  readonly end: number;
}

/** The tensors, the metadata, and the data behind the header. Throws FormatError or DTypeError. */
export function readHeader(bytes: Uint8Array): {
  entries: Entry[];
  metadata: Record<string, string>;
  data: Uint8Array;
} {
  const begin = PROLOGUE + lengthOf(bytes);
  const { [METADATA]: metadata = {}, ...rest } = objectOf(bytes.subarray(PROLOGUE, begin));
  const data = bytes.subarray(begin);
  if (!isTexts(metadata)) throw refusal(`${METADATA} is no object of strings`);
  const entries = Object.entries(rest).map(([name, value]) => entryOf(name, value));
  checkExtents(entries, data.length);
  return { entries, metadata, data };
}

const refusal = (what: string): FormatError => new FormatError(`safetensors.parse: ${what}`);

/** A text from the file as a message may show it: short, and with nothing that a terminal obeys. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The header's length, in bytes: one that the file holds. */
function lengthOf(bytes: Uint8Array): number {
  if (bytes.length < PROLOGUE)
    throw refusal(`the file has ${bytes.length} bytes, too few for a header's length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > LONGEST_HEADER)
    throw refusal(`a header of ${length} bytes, at most ${LONGEST_HEADER} are allowed`);
  if (Number(length) > bytes.length - PROLOGUE)
    throw refusal(`a header of ${length} bytes in a file of ${bytes.length}: it is cut off`);
  return Number(length);
}

function objectOf(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw refusal("the header does not begin with {");
  const text = decode(bytes);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw refusal(`the header is not JSON (${quote((error as Error).message)})`);
  }
  if (!isObject(header)) throw refusal("the header is no object");
  if (pairsIn(header) !== colonsIn(text)) throw refusal("the header has a key twice, or objects too deep");
  return header;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal("the header is not UTF-8");
  }
}

/** The keys of an object and of the objects in it: a sound header has none deeper. */
function pairsIn(header: Record<string, unknown>): number {
  let pairs = 0;
  for (const value of Object.values(header)) pairs += 1 + (isObject(value) ? Object.keys(value).length : 0);
  return pairs;
}

/** The colons of a JSON text outside its strings: one for each key, be it new or not. */
function colonsIn(text: string): number {
  const [quotation, backslash, colon] = [0x22, 0x5c, 0x3a];
  let colons = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === quotation) quoted = !quoted;
    else if (character === backslash)
      i++; // JSON has it in strings only
    else if (character === colon && !quoted) colons++;
  }
  return colons;
}

function entryOf(name: string, value: unknown): Entry {
  const wrong = (what: string): FormatError => refusal(`${quote(name)} ${what}`);
  if (!isObject(value)) throw wrong("is no object");
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw wrong(`has the unknown key ${quote(stranger)}`);
  if (typeof dtype !== "string") throw wrong("has no dtype");
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong("has no shape of whole numbers ≥ 0");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw wrong("has no data_offsets of two whole numbers ≥ 0");
  const known = Object.entries(DTYPES).find(([, theirs]) => theirs === dtype);
  if (known === undefined)
    throw new DTypeError(
      `safetensors.parse: ${quote(name)} is ${quote(dtype)}, expected ${Object.values(DTYPES).join(", ")}`,
    );
  const [begin, end] = offsets;
  const size = bytesOf(known[0] as DType) * sizeOf(shape);
  if (end - begin !== size) throw wrong(`has ${size} bytes by its shape and ${end - begin} by its offsets`);
  return { name, dtype: known[0] as DType, shape, begin, end };
}

/** Throws unless the tensors lie one right behind the other and fill the data, whose length is in bytes. */
function checkExtents(entries: readonly Entry[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw refusal(`${quote(name)} begins at byte ${begin}, expected ${at}: a gap or an overlap`);
    if (end > length) throw refusal(`${quote(name)} ends at byte ${end} of ${length}: the file is cut off`);
    at = end;
  }
  if (at !== length) throw refusal(`${length - at} bytes follow the last tensor`);
}
