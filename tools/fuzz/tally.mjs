// Counts of a run, by class of input and by outcome, and its findings; parts of several processes add up.

/**
 * @typedef {object} Finding
 * @property {string} kind
 * @property {number} index  of the input; -1 where it cannot be told
 * @property {string} what
 */

/** More of one kind say nothing new. */
const KEPT = 20;

export class Tally {
  inputs = 0;
  verified = 0;
  /** @type {Map<string, number>} */ classes = new Map();
  /** `method: outcome` @type {Map<string, number>} */ outcomes = new Map();
  /** @type {Map<string, { count: number, examples: Finding[] }>} */ findings = new Map();

  class(name) {
    this.classes.set(name, (this.classes.get(name) ?? 0) + 1);
  }

  outcome(method, how) {
    const name = `${method}: ${how}`;
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }

  /** @param {Finding} finding */
  finding(finding) {
    const known = this.findings.get(finding.kind) ?? { count: 0, examples: [] };
    known.count += 1;
    if (known.examples.length < KEPT) known.examples.push({ ...finding, what: finding.what.slice(0, 2_000) });
    this.findings.set(finding.kind, known);
  }

  toJSON() {
    const { inputs, verified } = this;
    const sorted = (map) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      inputs,
      verified,
      classes: sorted(this.classes),
      outcomes: sorted(this.outcomes),
      findings: Object.fromEntries(this.findings),
    };
  }

  /** @param {ReturnType<Tally['toJSON']>} part */
  add({ inputs, verified, classes, outcomes, findings }) {
    this.inputs += inputs;
    this.verified += verified;
    for (const [name, n] of Object.entries(classes)) this.classes.set(name, (this.classes.get(name) ?? 0) + n);
    for (const [name, n] of Object.entries(outcomes)) this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + n);
    for (const [kind, { count, examples }] of Object.entries(findings)) {
      const known = this.findings.get(kind) ?? { count: 0, examples: [] };
      known.count += count;
      known.examples.push(...examples.slice(0, KEPT - known.examples.length));
      this.findings.set(kind, known);
    }
  }

  get findingCount() {
    return [...this.findings.values()].reduce((sum, { count }) => sum + count, 0);
  }
}
