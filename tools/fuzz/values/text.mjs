// Strings that are odd and can be used as keys, values and names; and topic names.

const TEXTS = [
  ['empty', ''],
  ['plain', 'value'],
  ['lone high surrogate', 'a\ud800b'],
  ['lone low surrogate', '\udfff'],
  ['surrogates in the wrong order', '\udc00\ud800'],
  ['NUL', 'a\0b'],
  ['BOM', '\ufeffbom'],
  ['right to left', '\u202eabc\u05d0'],
  ['line breaks', 'a\r\nb\nc'],
  ['line separators', 'a\u2028b\u2029'],
  ['controls', '\x01\x1b[31m\x7f\x85'],
  ['emoji', '👩‍👩‍👧‍👦'],
  ['combining', 'Z\u0351\u036b\u0343'.repeat(8)],
  ['quotes', '"\\\'`${x}'],
  ['noncharacter', '\uffff\ufffe'],
  ['name of the prototype', '__proto__'],
  ['name of a method', 'constructor'],
  ['JSON', '{"a":1}'],
  ['broken JSON', '{"a":'],
  ['deep JSON', '['.repeat(20_000)],
  ['number', '123'],
  ['property injection', 'a\nbootstrap.servers=evil:9092'],
];

/** Bytes that are stored for a string: what cannot be in UTF-8 becomes U+FFFD. */
export const utf8 = (string) => Buffer.from(string, 'utf8');

/** @param {import('../random.mjs').Random} random */
export function text(random) {
  if (random.once(3)) {
    // One-byte strings and two-byte strings go different ways inside V8.
    const length = random.below(200);
    const wide = random.once(2);
    let made = '';
    for (let i = 0; i < length; i++) made += String.fromCharCode(random.below(wide ? 0x10000 : 0x100));
    return { value: made, ok: true, bytes: utf8(made), class: wide ? 'any UTF-16 units' : 'latin1' };
  }
  const [name, value] = random.pick(TEXTS);
  return { value, ok: true, bytes: utf8(value), class: `text: ${name}` };
}

const BAD_TOPICS = [
  '',
  '.',
  '..',
  'x'.repeat(250),
  'x'.repeat(300),
  'x'.repeat(100_000),
  'a/b',
  'a b',
  'a\nb',
  'a\0b',
  '\ud800',
  'ünicode',
  'a,b',
  '*',
  '^fuzz.*',
  '../../etc/passwd',
  ' fuzz-one',
  'fuzz-one\n',
];

export const badTopicName = (random) => ({ value: random.pick(BAD_TOPICS), ok: false, class: 'topic name' });
