// What a figure was measured on.

import { arch, cpus, platform, release, totalmem } from 'node:os';

export function machine() {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} × ${cpu?.model.trim() ?? arch()}, ${memory}, ${platform()} ${release()}, Node.js ${process.version}`;
}
