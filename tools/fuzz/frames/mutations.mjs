// What a hostile or broken broker answers, by name. Each gets a response as the broker gave it, and says what the client
// shall get in its place.

/** @typedef {import('./proxy.mjs').Response} Response */
/** @typedef {import('./proxy.mjs').Answer} Answer */
/** @typedef {import('../random.mjs').Random} Random */

const lengthOf = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n | 0);
  return bytes;
};

const copyOf = (frame) => Buffer.from(frame);

/** Somewhere behind the correlation id. */
const inside = (random, frame, room = 1) => 8 + random.below(Math.max(frame.length - 8 - room, 1));

/** Frames that are none, or come at the wrong time. @type {Record<string, (random: Random, response: Response) => Answer>} */
export const FRAMING = {
  'garbage in place of a frame': (random) => ({ write: [random.bytes(random.between(1, 4_000))], after: 'close' }),
  'garbage and silence': (random) => ({ write: [random.bytes(random.between(1, 4_000))], after: 'stall' }),
  'an answer of HTTP': () => ({
    write: [Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
    after: 'close',
  }),
  'an alert of TLS': () => ({ write: [Buffer.from([0x15, 3, 3, 0, 2, 2, 0x50])], after: 'close' }),
  'length of 2 GiB': (random) => ({ write: [lengthOf(2 ** 31 - 1), random.bytes(1_000)], after: 'stall' }),
  'length of 90 MiB': (random) => ({ write: [lengthOf(90 * 1024 * 1024), random.bytes(1_000)], after: 'stall' }),
  'negative length': (random) => ({ write: [lengthOf(random.pick([-1, -(2 ** 31), -5])), random.bytes(100)] }),
  'length 0': () => ({ write: [lengthOf(0)] }),
  'length below its header': (random) => ({ write: [lengthOf(random.between(1, 3)), random.bytes(3)] }),
  'cut and closed': (random, { frame }) => ({ write: [frame.subarray(0, random.below(frame.length))], after: 'close' }),
  'cut and reset': (random, { frame }) => ({ write: [frame.subarray(0, random.below(frame.length))], after: 'reset' }),
  'cut and silent': (random, { frame }) => ({ write: [frame.subarray(0, random.below(frame.length))], after: 'stall' }),
  'longer than it says inside': (random, { frame }) => {
    const more = random.bytes(random.between(1, 500));
    return { write: [lengthOf(frame.length - 4 + more.length), frame.subarray(4), more] };
  },
  'another correlation id': (random, { frame }) => {
    const copy = copyOf(frame);
    if (copy.length >= 8) copy.writeInt32BE(random.pick([0, -1, 2 ** 31 - 1, copy.readInt32BE(4) + 1]), 4);
    return { write: [copy] };
  },
  'twice the same answer': (_, { frame }) => ({ write: [frame, frame] }),
  'no answer at all': () => ({ write: [] }),
  'a byte at a time': (_, { frame }) => ({ write: [frame], drip: 7 }),
};

/** Frames that are well-formed and say what cannot be. @type {Record<string, (random: Random, response: Response) => Answer>} */
export const CONTENT = {
  'shorter than it says inside': (random, { frame }) => {
    const end = random.between(8, Math.max(frame.length, 8));
    return { write: [lengthOf(end - 4), frame.subarray(4, end)] };
  },
  'an empty body': (_, { frame }) => ({ write: [lengthOf(4), frame.subarray(4, 8)] }),
  'flipped bits': (random, { frame }) => {
    const copy = copyOf(frame);
    for (let i = random.between(1, 8); i > 0; i--) copy[inside(random, copy)] ^= 1 << random.below(8);
    return { write: [copy] };
  },
  'counts that cannot be': (random, { frame }) => {
    const copy = copyOf(frame);
    if (copy.length >= 16) {
      const value = random.pick([-1, -2, 2 ** 31 - 1, -(2 ** 31), 0x00ffffff, 2 ** 30, 65_536]);
      copy.writeInt32BE(value, inside(random, copy, 4));
    }
    return { write: [copy] };
  },
  'varints without an end': (random, { frame }) => {
    const copy = copyOf(frame);
    copy.fill(0xff, inside(random, copy, 6), Math.min(copy.length, copy.length));
    return { write: [copy] };
  },
  'varint that claims 4 GiB': (random, { frame }) => {
    const copy = copyOf(frame);
    if (copy.length >= 16) Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]).copy(copy, inside(random, copy, 5));
    return { write: [copy] };
  },
  'noise of the right length': (random, { frame }) => ({
    write: [frame.subarray(0, 8), random.bytes(Math.max(frame.length - 8, 0))],
  }),
};

export const MUTATIONS = { ...FRAMING, ...CONTENT };

/** They change nothing that the broker has said: what is acknowledged must be in its log. */
export const HONEST = new Set([
  'length of 2 GiB',
  'negative length',
  'length 0',
  'cut and closed',
  'cut and reset',
  'cut and silent',
  'no answer at all',
  'a byte at a time',
  'an answer of HTTP',
  'an alert of TLS',
]);
