// Whether a call has changed what it was given. Reads own property descriptors only, so that no code of the value runs.

import { types } from 'node:util';

const MOST = 2_000;

/** @param {unknown} root */
export function snapshot(root) {
  const seen = new Map();
  let visited = 0;
  const walk = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value;
    // A Proxy's traps are its owner's code.
    if (types.isProxy(value) || value === globalThis || seen.has(value) || ++visited > MOST) return undefined;
    if (ArrayBuffer.isView(value)) {
      seen.set(value, { bytes: copyOf(value) });
      return value;
    }
    const own = Object.getOwnPropertyDescriptors(value);
    seen.set(value, { own, proto: Object.getPrototypeOf(value), extensible: Object.isExtensible(value) });
    if (types.isMap(value) || types.isDate(value)) return value;
    for (const key of Reflect.ownKeys(own)) if ('value' in own[key]) walk(own[key].value);
    return value;
  };
  walk(root);
  return seen;
}

/** Bytes that are compared; larger ones would cost more than they show. */
const MOST_BYTES = 1024 * 1024;

function copyOf(view) {
  try {
    if (view.byteLength > MOST_BYTES) return undefined;
    return Buffer.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)).toString('latin1');
  } catch {
    // Detached, out of bounds, or with a property of that name which bites.
    return undefined;
  }
}

/** @param {ReturnType<typeof snapshot>} before @returns {string | undefined} what has changed */
export function changeSince(before) {
  for (const [value, { own, proto, extensible, bytes }] of before) {
    if (own === undefined) {
      if (copyOf(value) !== bytes) return 'the bytes of a buffer';
      continue;
    }
    if (Object.getPrototypeOf(value) !== proto) return 'the prototype of an object';
    if (Object.isExtensible(value) !== extensible) return 'an object was frozen';
    const now = Object.getOwnPropertyDescriptors(value);
    const names = Reflect.ownKeys(now);
    if (names.length !== Reflect.ownKeys(own).length) return `the properties of an object: ${names.map(String)}`;
    for (const name of names) {
      if (!(name in own)) return `a new property ${String(name)}`;
      if (!Object.is(now[name].value, own[name].value) || now[name].get !== own[name].get)
        return `property ${String(name)}`;
    }
  }
  return undefined;
}
