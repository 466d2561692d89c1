// Reads Prometheus text (exposition format 0.0.4) and refuses what the format does not allow.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`);

export function parsePrometheus(text: string): { samples: Sample[]; types: Map<string, string> } {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|summary|histogram|untyped)$/.exec(line);
    if (type !== null) {
      const [, name, kind] = type as unknown as [string, string, string];
      if (types.has(name)) throw new Error(`a second TYPE of ${name}`);
      types.set(name, kind);
      continue;
    }
    if (/^# HELP \S+ /.test(line)) continue;
    const found = SAMPLE.exec(line);
    if (found === null) throw new Error(`no sample: ${line}`);
    const [, name, labels = '', value] = found as unknown as [string, string, string, string];
    const number = Number(value.replace(/^([+-]?)Inf$/, '$1Infinity'));
    if (Number.isNaN(number) && value !== 'NaN') throw new Error(`no number: ${line}`);
    const family = name.replace(/_(sum|count|bucket)$/, '');
    if (!types.has(name) && !types.has(family)) throw new Error(`no TYPE before ${line}`);
    samples.push({ name, labels: labelsOf(labels), value: number });
  }
  return { samples, types };
}

function labelsOf(text: string): Record<string, string> {
  const pairs = text.match(new RegExp(LABEL, 'g')) ?? [];
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const value = pair.slice(at + 2, -1).replace(/\\(["\\n])/g, (_, c) => (c === 'n' ? '\n' : c));
      return [pair.slice(0, at), value];
    }),
  );
}
