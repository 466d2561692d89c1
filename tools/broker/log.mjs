// Reading the broker's log: its end, its follow-up, and the lines that tell why a start failed.

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/**
 * The errors when there are some (with the cause lines of their stack traces), else the last lines.
 *
 * @param {string} text
 */
export function lastUsefulLines(text, count = 15) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) =>
    / (ERROR|FATAL) |^Caused by:|^(java|org|kafka)\.\S*(Exception|Error)\b|^Error|^OpenJDK.*(error|warning)/.test(line),
  );
  return (telling.length > 0 ? telling : lines)
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}

/** The last `limit` bytes, from the beginning of a line. */
export function readEnd(file, limit = 64 * 1024) {
  if (!existsSync(file)) return '';
  const size = statSync(file).size;
  const text = readFrom(file, Math.max(0, size - limit)).text;
  return size > limit ? text.slice(text.indexOf('\n') + 1) : text;
}

/** @param {string} file */
export function readFrom(file, offset) {
  const size = statSync(file).size;
  // A new start has put an empty file in its place: begin at its top.
  const from = size < offset ? 0 : offset;
  const buffer = Buffer.alloc(size - from);
  const fd = openSync(file, 'r');
  try {
    const got = readSync(fd, buffer, 0, buffer.length, from);
    return { text: buffer.toString('utf8', 0, got), offset: from + got };
  } finally {
    closeSync(fd);
  }
}
