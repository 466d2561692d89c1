/** Initials on a colour that belongs to the person. */
export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => word?.[0] ?? '').join('');
  return (
    <span className={small ? 'avatar small' : 'avatar'} style={{ '--hue': hueOf(name) } as never} aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}

function hueOf(name: string): number {
  let hue = 7;
  for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hue;
}
