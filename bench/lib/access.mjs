/** Where a tally finds the parts of a message that has KafkaJS's fields; a client with others replaces those. */
export const KAFKAJS_ACCESS = {
  value: (message) => message.value,
  json: (message) => JSON.parse(message.value.toString()),
  key: (message) => message.key,
  headers: (message) => message.headers,
  header: (headers, name) => headers[name],
};
