// What a handler reads of a record, as one number: the sum over a run is compared with that of the records that were
// written, so that each of them is known to have been there, whole, once.

import { HEADERS } from './payloads.mjs';

/** First and last byte. */
export function ofValue(value) {
  return value[0] * 256 + value[value.length - 1];
}

/** Two fields of the parsed value. */
export function ofObject(object) {
  return object.id + object.note.length;
}

/**
 * The value, the key's end, the end of each header.
 *
 * @param {(headers: any, name: string) => Uint8Array} get
 */
export function ofRecord(value, key, headers, get) {
  let sum = ofValue(value) + key[key.length - 1] * 7;
  for (let i = 0; i < HEADERS.length; i++) {
    const header = get(headers, HEADERS[i]);
    sum += header[header.length - 1] * (i + 1);
  }
  return sum;
}

/** Of a record as payloads.mjs makes it. */
export function ofWritten(read, { value, key, headers }) {
  if (read === 'json') return ofObject(JSON.parse(value.toString()));
  if (read === 'record') return ofRecord(value, key, headers, (all, name) => all[name]);
  return ofValue(value);
}
