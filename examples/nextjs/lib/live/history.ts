// The newest entries of something, each id once.

export class History<T extends { id: string }> {
  #entries: T[] = [];
  #ids = new Set<string>();

  constructor(private readonly limit: number) {}

  /** False: it is known already, an event that was delivered again. */
  add(entry: T): boolean {
    if (this.#ids.has(entry.id)) return false;
    this.#ids.add(entry.id);
    this.#entries.push(entry);
    if (this.#entries.length > this.limit) {
      const oldest = this.#entries.shift();
      if (oldest) this.#ids.delete(oldest.id);
    }
    return true;
  }

  list(): T[] {
    return [...this.#entries];
  }
}
