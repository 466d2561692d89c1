/** What `subscribe` is given, checked and with its regular expressions resolved. Messages are KafkaJS's. */
import { KafkaJSNonRetriableError } from '../errors/index.js';

export interface Subscription {
  topics: (string | RegExp)[];
  fromBeginning: boolean;
}

export function subscriptionOf(given: unknown): Subscription {
  const { topic, topics, fromBeginning = false } = given as Record<string, unknown>;
  if (!topic && !topics) throw new KafkaJSNonRetriableError('Missing required argument "topics"');
  if (topics != null && !Array.isArray(topics)) {
    throw new KafkaJSNonRetriableError('Argument "topics" must be an array');
  }
  const list = (topics || [topic]) as unknown[];
  for (const each of list) {
    if (typeof each === 'string' || isRegExp(each)) continue;
    throw new KafkaJSNonRetriableError(
      `Invalid topic ${each} (${typeof each}), the topic name has to be a String or a RegExp`,
    );
  }
  return { topics: list as (string | RegExp)[], fromBeginning: Boolean(fromBeginning) };
}

/**
 * The names of all of them, each once, expressions with those that they match.
 *
 * @param tell told what an expression has matched
 */
export async function topicNames(
  topics: Subscription['topics'],
  cluster: { topics(): Promise<string[]> },
  tell: (found: { topicRegExp: string; matchedTopics: string[] }) => void,
): Promise<string[]> {
  const all = topics.some(isRegExp) ? await cluster.topics() : [];
  const names = topics.flatMap((each) => {
    if (!isRegExp(each)) return each;
    const matchedTopics = matching(each, all);
    tell({ topicRegExp: String(each), matchedTopics });
    return matchedTopics;
  });
  return [...new Set(names)];
}

/** Also one of another realm, as in a sandbox of a test runner. */
export function isRegExp(value: unknown): value is RegExp {
  return value instanceof RegExp || Object.prototype.toString.call(value) === '[object RegExp]';
}

/** The names that match; the expression's own `lastIndex` (flags g and y) plays no part and stays as it is. */
export function matching(pattern: RegExp, names: string[]): string[] {
  const own = new RegExp(pattern.source, pattern.flags.replace('g', '').replace('y', ''));
  return names.filter((name) => own.test(name));
}
