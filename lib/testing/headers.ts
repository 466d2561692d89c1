/** Packs headers as they cross the border (lib/kafka/packed-headers.ts reads them). */

/** Packs headers in the order of the list. */
export function packHeaders(list: readonly (readonly [string, Buffer | string | null])[]): Buffer {
  const parts: Buffer[] = [];
  const part = (value: Buffer | string | null): void => {
    const bytes = value === null ? null : Buffer.from(value as string);
    const length = Buffer.alloc(4);
    length.writeInt32LE(bytes === null ? -1 : bytes.length);
    parts.push(length);
    if (bytes !== null) parts.push(bytes);
  };
  for (const [name, value] of list) {
    part(name);
    part(value);
  }
  return Buffer.concat(parts);
}
