// Free ports, taken ports, and who holds them.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/**
 * Ports that were free a moment ago, all different: they are held together and then let go.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, '127.0.0.1')));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Both ways are tried: on some systems one can bind a loopback address although another process holds the
 * port on all addresses, and a firewall can swallow the connection although somebody listens.
 *
 * @param {number} port
 */
export async function isTaken(port) {
  if (await accepts(port)) return true;
  for (const host of ['127.0.0.1', '0.0.0.0', '::1']) {
    try {
      const server = await listen(port, host);
      await new Promise((resolve) => server.close(resolve));
    } catch (error) {
      const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
      if (!['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) return true;
    }
  }
  return false;
}

/** @returns {Promise<boolean>} whether ::1 can be bound at all (containers often have no IPv6) */
export async function hasIpv6Loopback() {
  try {
    const server = await listen(0, '::1');
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<import('node:net').Server>} */
function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

/** @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(500, () => answer(false));
    socket.on('connect', () => answer(true));
    socket.on('error', () => answer(false));
  });
}

/**
 * The process that listens on a port, in words, as far as the system tells it to this user.
 *
 * @param {number} port
 * @returns {string | undefined} for example `node (pid 4711)`
 */
export function portHolder(port) {
  try {
    if (process.platform === 'linux') return linuxHolder(port);
    if (process.platform === 'win32') return windowsHolder(port);
    return lsofHolder(port);
  } catch {
    return undefined;
  }
}

function linuxHolder(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && fields[1].endsWith(`:${hex}`)) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)))) continue;
      return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    } catch {
      // The process ended meanwhile, or belongs to another user.
    }
  }
  return undefined;
}

function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function lsofHolder(port) {
  const run = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { encoding: 'utf8' });
  const pid = /^p(\d+)/m.exec(run.stdout ?? '');
  const name = /^c(.+)/m.exec(run.stdout ?? '');
  return pid ? `${name?.[1] ?? 'a process'} (pid ${pid[1]})` : undefined;
}

function windowsHolder(port) {
  const script = `$c = Get-NetTCPConnection -State Listen -LocalPort ${port} | Select-Object -First 1; $p = Get-Process -Id $c.OwningProcess; "$($p.ProcessName) (pid $($p.Id))"`;
  const run = spawnSync('powershell', ['-NoProfile', '-Command', script], { encoding: 'utf8' });
  return run.status === 0 && run.stdout.includes('pid') ? run.stdout.trim() : undefined;
}
