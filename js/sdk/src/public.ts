/** What both entry points share. */

export type * from "./backend.js";
export * from "./errors.js";
export type * from "./types.js";
