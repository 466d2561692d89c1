/** Text for a terminal: colours only where somebody sees them, lines no wider than the window. */

export interface Screen {
  /** Characters in a line. */
  width: number;
  colours: boolean;
}

/** Narrower windows break lines by themselves, which is still better than a word a line. */
const NARROWEST = 40;
/** Longer lines are hard to read. */
const WIDEST = 110;

export function screenOf(
  stream: { isTTY?: boolean; columns?: number },
  environment: NodeJS.ProcessEnv = process.env,
): Screen {
  const isTerminal = stream.isTTY === true;
  const colours = isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
  const columns = isTerminal && stream.columns ? stream.columns : 80;
  return { width: Math.min(Math.max(columns, NARROWEST), WIDEST), colours };
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

export function paint(screen: Screen, colour: Colour, text: string): string {
  return screen.colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** Breaks at spaces; each line after the first begins with `indent` spaces. Longer words stay whole: they are paths. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = width - indent;
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}
