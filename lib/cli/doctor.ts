/** `kafka4 doctor`: does the native part load, what is in it, does a broker answer? */
import { existsSync } from 'node:fs';
import { kafkaAdminService } from '../kafka/admin.js';
import { sharedContext } from '../kafka/context.js';
import { tell } from '../kafka/errors.js';
import { kafkaConfig } from '../kafka/kafka-config.js';
import { EXIT } from './errors.js';
import { paint, type Screen, wrap } from './terminal.js';

export interface Check {
  name: string;
  value: string;
  ok: boolean;
}

export interface DoctorResult {
  checks: Check[];
  exitCode: number;
}

/** What a build of kafka4 must have, by librdkafka's own names. */
const FEATURES: readonly [string, string][] = [
  ['gzip', 'gzip'],
  ['snappy', 'snappy'],
  ['lz4', 'lz4'],
  ['zstd', 'zstd'],
  ['ssl', 'TLS'],
  ['sasl_scram', 'SCRAM'],
  ['sasl_oauthbearer', 'OAUTHBEARER'],
];

export async function runDoctor(version: string, environment: NodeJS.ProcessEnv = process.env): Promise<DoctorResult> {
  const checks: Check[] = [
    { name: 'kafka4', value: version, ok: true },
    { name: 'Node.js', value: runtime(), ok: true },
    { name: 'platform', value: `${process.platform}-${process.arch}, ${libc()}`, ok: true },
  ];
  const told = await attempt(checks, 'native part', () => sharedContext().native.librdkafkaVersion());
  if (told !== undefined) {
    checks.push(...linked(told));
    await connect(checks, environment);
  }
  return { checks, exitCode: checks.every(({ ok }) => ok) ? EXIT.OK : EXIT.FAILED };
}

/** `told`: librdkafka's version, then its features. */
export function linked(told: string): Check[] {
  const has = (feature: string) => new RegExp(`\\b${feature}\\b`).test(told);
  const missing = FEATURES.filter(([feature]) => !has(feature)).map(([, name]) => name);
  const present = FEATURES.filter(([feature]) => has(feature)).map(([, name]) => name);
  const lack = missing.length === 0 ? '' : `; missing: ${missing.join(', ')}`;
  return [
    { name: 'librdkafka', value: /\d+(?:\.\d+)+\S*/.exec(told)?.[0].replace(/[,;)]$/, '') ?? told, ok: true },
    { name: 'features', value: `${present.join(', ')}${lack}`, ok: missing.length === 0 },
  ];
}

async function connect(checks: Check[], environment: NodeJS.ProcessEnv): Promise<void> {
  if (!environment.KAFKA_BROKER && !environment.KAFKA_BROKERS) {
    checks.push({ name: 'broker', value: 'KAFKA_BROKER is not set: no connection was tried', ok: true });
    return;
  }
  const begun = Date.now();
  const answer = await attempt(checks, 'broker', async () => {
    const { brokers } = await kafkaAdminService.describeCluster();
    const count = `${brokers.length} broker${brokers.length === 1 ? '' : 's'}`;
    return `${[kafkaConfig.brokers].flat().join(', ')} answered in ${Date.now() - begun} ms: ${count}`;
  });
  if (answer !== undefined) checks.push({ name: 'broker', value: answer, ok: true });
  await kafkaAdminService.disconnect().catch(() => {
    // The cluster was described, or it was told why not; what a goodbye meets changes neither.
  });
}

async function attempt(
  checks: Check[],
  name: string,
  run: () => string | Promise<string>,
): Promise<string | undefined> {
  try {
    return await run();
  } catch (error) {
    const { code } = error as { code?: unknown };
    const cause = (error as Error).cause === undefined ? '' : ` (${tell((error as Error).cause)})`;
    checks.push({
      name,
      value: `${typeof code === 'string' ? `${code}: ` : ''}${(error as Error).message}${cause}`,
      ok: false,
    });
    return undefined;
  }
}

function runtime(): string {
  const { bun, deno } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined) return `${process.version} as told by Bun ${bun}`;
  return deno === undefined ? process.version : `${process.version} as told by Deno ${deno}`;
}

/** The C library, which decides which build of the native part fits. */
function libc(): string {
  if (process.platform !== 'linux') return `kernel ${process.report === undefined ? 'unknown' : release()}`;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (header?.glibcVersionRuntime !== undefined) return `glibc ${header.glibcVersionRuntime}`;
  return existsSync(`/lib/ld-musl-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`)
    ? 'musl'
    : 'unknown C library';
}

function release(): string {
  return (process.report.getReport() as { header?: { osRelease?: string } }).header?.osRelease ?? 'unknown';
}

export function doctorReport({ checks }: DoctorResult, screen: Screen): string {
  const column = Math.max(...checks.map(({ name }) => name.length)) + 2;
  const lines = checks.map(({ name, value, ok }) => {
    const mark = ok ? paint(screen, 'green', 'ok   ') : paint(screen, 'red', 'FAIL ');
    return `  ${mark}${name.padEnd(column)}${wrap(value, screen.width, column + 7)}`;
  });
  return `${lines.join('\n')}\n`;
}
