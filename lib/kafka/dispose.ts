/**
 * `Symbol.asyncDispose`, also where the runtime has none (Node before 18.18 and 20.5): then the symbol that compilers use
 * in its place for `await using`. The global is left as it is.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
