// Programs that the browser tests need from the system. One that is missing is a failure that says what to install.

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

function find(name: string, folders: string[], aptPackage: string): string {
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (!found) throw new Error(`${name} is not installed, and the browser tests need it: apt-get install ${aptPackage}`);
  return found;
}

const onPath = () => (process.env.PATH ?? '').split(delimiter);

/** Newest first. */
const postgresFolders = () =>
  existsSync(DEBIAN_POSTGRES)
    ? readdirSync(DEBIAN_POSTGRES)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN_POSTGRES, version, 'bin'))
    : [];

export const chromiumPath = (): string => process.env.CHROMIUM ?? find('chromium', onPath(), 'chromium');
export const redisPath = (name: 'redis-server' | 'redis-cli'): string => find(name, onPath(), 'redis-server');
export const postgresPath = (name: 'initdb' | 'postgres' | 'psql'): string =>
  find(name, [...postgresFolders(), ...onPath()], 'postgresql');
