// The librdkafka that is built is the one that .cargo/config.toml names, and what is linked is that one.

import { execFileSync } from 'node:child_process';
import { native } from '@/lib/kafka/native';
import { ROOT, read } from './files';

const named = /RDKAFKA_STATIC = \{ value = "([^"]+)"/.exec(read('.cargo/config.toml'))?.[1];

test('.cargo/config.toml names the revision of tools/librdkafka: cargo would not build a changed one otherwise', () => {
  const revision = execFileSync(process.execPath, ['tools/librdkafka/revision.mjs'], { cwd: ROOT, encoding: 'utf8' });
  expect(named).toBe(revision.trim());
});

test('the addon links that version, with every codec, TLS, SCRAM and OIDC', () => {
  const { NativeContext, NativeMailbox } = native();
  const version = new NativeContext(new NativeMailbox(() => {}, false), {}).librdkafkaVersion();
  const [, number, features] = /^(\S+) \((.*)\)$/.exec(version)!;
  expect(named!.split('-')[0]).toBe(number);
  for (const feature of ['gzip', 'snappy', 'lz4', 'zstd', 'ssl', 'sasl_scram', 'sasl_oauthbearer', 'oidc'])
    expect(features!.split(',')).toContain(feature);
});

test('the README tells the version', () => {
  expect(read('README.md')).toContain(`librdkafka ${named!.split('-')[0]}`);
});
