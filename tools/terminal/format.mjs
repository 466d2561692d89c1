// Numbers as people read them. Always the same notation, whatever the machine's locale: the output of
// the tools is pasted into issues and compared.

/** 1234567 → "1,234,567" @param {number} value */
export function count(value) {
  if (!Number.isFinite(value)) return '-';
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Three significant digits and a unit: 950, 1.23 k, 12.3 M. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return '-';
  const units = ['', ' k', ' M', ' G', ' T'];
  let unit = 0;
  let rest = Math.abs(value);
  // 999.6 would be rounded to "1000": go to the next unit by what will be shown.
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const sign = value < 0 ? '-' : '';
  const digits =
    unit === 0 ? (rest >= 10 || Number.isInteger(rest) ? 0 : 1) : rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${sign}${rest.toFixed(digits)}${units[unit]}`;
}

/** Messages a second. @param {number} value */
export function rate(value) {
  return `${short(value)}/s`;
}

/** A span given in milliseconds: 83 µs, 1.24 ms, 45 ms, 3.2 s, 2 m 05 s. @param {number} ms */
export function duration(ms) {
  if (!Number.isFinite(ms)) return '-';
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

/** 512 B, 1.5 KiB, 20.0 MiB @param {number} value */
export function bytes(value) {
  if (!Number.isFinite(value)) return '-';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** A retention time, which is given in milliseconds and thought of in days. @param {number} ms */
export function days(ms) {
  if (ms === -1) return 'for ever';
  const day = 24 * 60 * 60 * 1000;
  if (ms % day !== 0) return duration(ms);
  return `${ms / day} day${ms === day ? '' : 's'}`;
}

/** "1 partition", "6 partitions" @param {number} value @param {string} noun */
export function plural(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
