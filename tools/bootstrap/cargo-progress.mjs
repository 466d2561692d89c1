// What cargo is doing, read from what it prints: which crates, how many of how many.

/** Makes cargo print its progress bar although it does not write to a terminal. It is the only place of the total. */
export const CARGO_PROGRESS_ENV = {
  CARGO_TERM_PROGRESS_WHEN: 'always',
  CARGO_TERM_PROGRESS_WIDTH: '160',
  CARGO_TERM_COLOR: 'never',
};

/** The long ones, by what they are and not by the name of their crate. */
const KNOWN = {
  'openssl-sys': 'OpenSSL',
  'openssl-src': 'OpenSSL',
  'rdkafka-sys': 'librdkafka',
  'zstd-sys': 'zstd',
  'lz4-sys': 'lz4',
  'libz-sys': 'zlib',
  kafka4: 'kafka4',
  'kafka4-core': "kafka4's core",
};

/**
 * @typedef {object} CargoState
 * @property {string} detail  what is compiled at present
 * @property {number} done
 * @property {number} total   0 while unknown
 */

export class CargoProgress {
  /** @type {CargoState} */
  state = { detail: '', done: 0, total: 0 };
  #rest = '';

  /**
   * @param {string} text  as it comes: lines may be cut anywhere
   * @returns {CargoState | undefined} the new state, if there is one
   */
  feed(text) {
    // The bar is drawn over itself with carriage returns.
    const lines = (this.#rest + text).split(/[\r\n]/);
    this.#rest = lines.pop() ?? '';
    const before = this.state;
    for (const line of lines) this.#read(line);
    return this.state === before ? undefined : this.state;
  }

  #read(line) {
    const bar = /^\s*Building \[[^\]]*\] (\d+)\/(\d+)(?:: (.*?))?\s*$/.exec(line);
    if (bar) {
      const detail = bar[3] ? describe(bar[3]) : this.state.detail;
      this.state = { detail, done: Number(bar[1]), total: Number(bar[2]) };
      return;
    }
    const download = /^\s*(Updating crates|Updating|Downloading \d+ crates|Downloading|Blocking)\b/.exec(line);
    if (download) {
      const detail = download[1] === 'Blocking' ? 'waiting for another cargo' : `${download[1].toLowerCase()} …`;
      this.state = { ...this.state, detail };
      return;
    }
    const compiling = /^\s*Compiling (\S+) v/.exec(line);
    if (compiling && this.state.total === 0) this.state = { ...this.state, detail: describe(compiling[1]) };
  }
}

/** `openssl-sys(build), syn` → `OpenSSL, syn` */
function describe(names) {
  const crates = names.split(',').map((name) =>
    name
      .trim()
      .replace(/\(.*/, '')
      .replace(/\.{3}$/, ''),
  );
  const known = [...new Set(crates.filter((name) => name !== '').map((name) => KNOWN[name] ?? name))];
  // The slow ones first: they are what is waited for.
  return known
    .sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)))
    .slice(0, 3)
    .join(', ');
}

function isKnown(name) {
  return Object.values(KNOWN).includes(name);
}
