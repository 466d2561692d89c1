/** Reads JSON as tsconfig.json may hold it: with comments, trailing commas and a byte order mark. */

const PART = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/** Throws `SyntaxError`. */
export function parseJson(text: string): unknown {
  const plain = text.replace(/^\ufeff/, '').replace(PART, (part) => (part.startsWith('"') ? part : ''));
  return JSON.parse(plain);
}
