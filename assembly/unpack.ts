/** Reads the binaries inside the JavaScript: a module of its own, for an engine interprets JavaScript that runs only once. */

/** Undoes `text` of scripts/embed.mjs in place, what is written never overtaking what is read; the bytes' number. */
export function decode(text: usize, length: usize): usize {
  const begin = text;
  let to = text;
  for (const end = text + length; text < end;) {
    let code: u32 = load<u8>(text++);
    let page: u32 = 0;
    if (code > 124) {
      page = code == 125 ? 88 : 176;
      code = load<u8>(text++);
    }
    store<u8>(to++, page + (code == 33 ? 57 : code - 35));
  }
  return to - begin;
}

/** Undoes `difference` of scripts/embed.mjs: writes `target`, which is `difference` from `base`; its length. */
export function apply(difference: usize, base: usize, target: usize): usize {
  let at = difference;
  const length = number(at);
  at += width(at);
  for (const end = target + length; target < end;) {
    const literals = number(at);
    at += width(at);
    const step = number(at);
    at += width(at);
    const copied = number(at);
    at += width(at);
    base += step & 1 ? -((step + 1) >>> 1) : step >>> 1;
    memory.copy(target, at, literals);
    at += literals;
    target += literals;
    memory.copy(target, base, copied);
    base += copied;
    target += copied;
  }
  return length;
}

/** A number in LEB128, and its bytes. */
function number(at: usize): usize {
  const byte = <usize>load<u8>(at);
  return byte < 128 ? byte : (byte & 127) | (number(at + 1) << 7);
}

function width(at: usize): usize {
  return load<u8>(at) < 128 ? 1 : 1 + width(at + 1);
}
