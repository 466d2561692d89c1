// What a client process did, one JSON array a line, in a file that outlives a kill -9 of the process: a line that was
// written is in the system's hands.
//
//   producer  ["s", first, count, t]            a send of the messages first … first+count-1 was called
//             ["a", first, t, places]           it was acknowledged; places: [partition, offset], one a partition
//             ["r", first, t, error]            it was rejected; error: { name, code, retriable, told }
//   consumer  ["h", partition, offset, id, t]   a handler finished
//             ["e", type, t, data]              the client told something (assignment, revocation, stall …)
//   both      ["x", t, ms]                      closed, which took ms
//
// Times are milliseconds since the epoch, comparable between processes of one machine.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;

export class Journal {
  #fd;

  /** @param {string} file */
  constructor(file) {
    this.#fd = openSync(file, 'a');
  }

  write(...entry) {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }
}

/** Reads on where it stopped the last time. */
export class JournalReader {
  #fd;
  #at = 0;
  #rest = Buffer.alloc(0);

  /** @param {string} file  that its writer may still be writing */
  constructor(file) {
    this.#fd = openSync(file, 'a+');
  }

  /** @returns {any[][]} whole lines; what a killed process left unfinished is none */
  read() {
    const parts = [this.#rest];
    for (;;) {
      const part = Buffer.alloc(256 * 1024);
      const got = readSync(this.#fd, part, 0, part.length, this.#at);
      if (got === 0) break;
      this.#at += got;
      parts.push(part.subarray(0, got));
    }
    const bytes = Buffer.concat(parts);
    const end = bytes.lastIndexOf(10) + 1;
    this.#rest = bytes.subarray(end);
    const text = bytes.toString('utf8', 0, end);
    return text === '' ? [] : text.trimEnd().split('\n').map(parsed).filter(Array.isArray);
  }

  close() {
    closeSync(this.#fd);
  }
}

/** A process that came back after a kill begins a line right behind the unfinished one of its predecessor. */
function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    const again = line.lastIndexOf('["');
    try {
      return JSON.parse(line.slice(again));
    } catch {
      return undefined;
    }
  }
}
