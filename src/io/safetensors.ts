/**
 * Tensors in a file: an 8-byte little-endian length, a JSON header of that length, then the elements, little-endian.
 * The format of https://github.com/huggingface/safetensors.
 */
import { arrayOf, bytesOf } from "../dtype.js";
import { DTypeError, OptionError } from "../errors.js";
import { scope } from "../memory.js";
import { tensor, type Tensor } from "../tensor.js";
import { DTYPES, type Entry, LONGEST_HEADER, METADATA, PROLOGUE, readHeader } from "./header.js";
import { checkTensor, type State } from "./state.js";

/** What a file may say of itself. */
export type Metadata = Record<string, string>;

/**
 * The bytes of a file with these tensors, in their order; the data begins at a multiple of 8 bytes. Throws DisposedError
 * for a tensor that is gone, OptionError for metadata that is not text and for a tensor called "__metadata__".
 */
export function serialize(tensors: State, metadata: Readonly<Metadata> = {}): Uint8Array<ArrayBuffer> {
  const { header, size } = describe(tensors, metadata);
  const begin = PROLOGUE + Math.ceil(header.length / PROLOGUE) * PROLOGUE;
  const bytes = new Uint8Array(begin + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(begin - PROLOGUE), true);
  bytes.fill(0x20, PROLOGUE, begin); // spaces, which JSON ignores
  bytes.set(header, PROLOGUE);
  let at = begin;
  for (const tensor of Object.values(tensors)) {
    const numbers = tensor.dataSync();
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  return bytes;
}

/** The header's text in UTF-8, and how many bytes of data follow it. */
function describe(tensors: State, metadata: Readonly<Metadata>): { header: Uint8Array; size: number } {
  const fields: [string, unknown][] = [];
  for (const [name, value] of Object.entries(metadata))
    if (typeof value !== "string")
      throw new OptionError(
        `safetensors.serialize: metadata "${name}" is ${typeof value}, expected a string`,
      );
  if (Object.keys(metadata).length > 0) fields.push([METADATA, metadata]);
  let size = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === METADATA)
      throw new OptionError(`safetensors.serialize: no tensor may be called "${METADATA}"`);
    checkTensor("safetensors.serialize", name, tensor);
    const dtype = DTYPES[tensor.dtype];
    if (dtype === undefined)
      throw new DTypeError(
        `safetensors.serialize: "${name}" is ${tensor.dtype}, expected one of ${Object.keys(DTYPES).join(", ")} (cast converts)`,
      );
    const begin = size;
    size += bytesOf(tensor.dtype) * tensor.size;
    fields.push([name, { dtype, shape: tensor.shape, data_offsets: [begin, size] }]);
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  if (header.length > LONGEST_HEADER - PROLOGUE)
    throw new OptionError(
      `safetensors.serialize: the header has ${header.length} bytes, too many for the format`,
    );
  return { header, size };
}

/**
 * The tensors and the metadata of a file, in the header's order. Nothing is allocated for a tensor before the whole
 * header is known to be sound. Throws FormatError for a file that is damaged or lies, DTypeError for elements other than
 * F32, F64, F16, BF16, I32 and I8.
 */
export function parse(bytes: Uint8Array): { tensors: Record<string, Tensor>; metadata: Metadata } {
  const { entries, metadata, data } = readHeader(bytes);
  const tensors = scope(() => Object.fromEntries(entries.map((entry) => [entry.name, load(entry, data)])));
  return { tensors, metadata };
}

function load({ dtype, shape, begin, end }: Entry, data: Uint8Array): Tensor {
  const { buffer } = new Uint8Array(data.subarray(begin, end)); // a copy, and so aligned
  return tensor(new arrayOf[dtype](buffer), shape, dtype);
}
