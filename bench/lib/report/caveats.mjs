// What a reader must know of the figures.

import { LIMIT } from '../goals.mjs';

const CAVEATS = [
  'Client and broker share the machine: rates are those of the whole, CPU is that of the client process alone (user + system, all its threads).',
  'Medians, in brackets the smallest and the largest of the rounds; ratios are taken within each round and then their median, so that other load on the machine weighs on both sides. The best peer is the other client’s row with the best median of that workload.',
  'The same for all: acks=all, no compression, the same distinct values, the same number in flight; otherwise each client’s defaults. kafka4 and the native program do not linger (their default); the other clients over librdkafka linger 5 ms where sends have 100 messages or more, which makes them faster, and not at all where they have fewer; sticky.partitioning.linger.ms=10 for all. KafkaJS and @platformatic/kafka know no linger (the stream of the latter makes batches of what is in flight).',
  'Idempotence as each client has it by default: on in kafka4 and in the native program; off in KafkaJS, @platformatic/kafka, kafka-crab-js and @confluentinc/kafka-javascript, which have less to do for it.',
  'The native program keeps no offsets, uses no group and takes no statistics; kafka4 does its usual work. An awaited handler a message has no counterpart in Rust: its ratio is to the native batch loop.',
  'Offsets are committed by each client’s own auto-commit, once a second where it can be set. In “batch handler” rows without batches the handler is called for each message and not awaited.',
  '@platformatic/kafka, the Node streams of kafka-crab-js and Confluent’s `eachMessage` read a topic of a fifth of the messages, so that a run stays short. A produce run ends after 15 s also where messages are left; then the rate is that of what was acknowledged until then.',
  'KafkaJS’s `sendBatch` is what its `send` calls: one row. Keys of the series are spread over all partitions, so that a send of 1,000 over 1,000 partitions is about one message for each.',
  'In “crossing alone” the broker is inside the process: of its columns only the JavaScript thread’s mean something.',
  'Counted is what was acknowledged or delivered; end offsets of each written topic and the checksum of each read one were compared, and a run that lost or doubled a message counts as failed.',
  'A client whose version line asks for another Node.js than the one above was loaded and run nevertheless.',
];

export function caveats({ adapters }) {
  return ['What the figures mean:', ...CAVEATS.map((line) => `- ${line}`), ...settings(adapters)];
}

/** What kafka4 and the native program give to librdkafka: the program reads kafka4's own tables. */
function settings(adapters) {
  const { producer, consumer } = adapters.find(({ name }) => name === LIMIT)?.details ?? {};
  if (producer === undefined) return [];
  const list = (properties) =>
    Object.entries(properties)
      .filter(([name]) => name !== 'bootstrap.servers' && !/^(client|group)\./.test(name))
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  return [
    `- kafka4’s and the native program’s producer properties: ${list(producer)}`,
    `- consumers: ${list(consumer)}`,
  ];
}
