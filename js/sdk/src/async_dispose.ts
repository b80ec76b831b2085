/// <reference lib="esnext.disposable" preserve="true" />

/**
 * Name of the method that ends an `await using`. Older engines have no such symbol, but whoever
 * compiles `await using` for them has this one.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);
