// tools/exits, tools/leaks and tools/soak, for the specs about them and those that run them in short.

export const exits = {
  ...require('../../tools/exits/copy.mjs'),
  ...require('../../tools/exits/repeat.mjs'),
  ...require('../../tools/exits/report.mjs'),
  ...require('../../tools/exits/ways.mjs'),
};

export const leaks = {
  ...require('../../tools/leaks/child.mjs'),
  ...require('../../tools/leaks/graph.mjs'),
  ...require('../../tools/leaks/judge.mjs'),
  ...require('../../tools/leaks/meter.mjs'),
};

export const soak = require('../../tools/soak/numbers.mjs');
