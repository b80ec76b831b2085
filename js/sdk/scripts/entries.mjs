/** What is bundled, and how large the package may be. */

/** Bundles for browsers: name → source, from `js/sdk`. */
export const BROWSER_ENTRIES = {
  browser: "src/browser.ts",
  react: "src/react.ts",
  engine_worker: "src/worker/engine_worker.ts",
  kernel_worker: "src/worker/kernel_worker.ts",
};

/** Bundles for Node. */
export const NODE_ENTRIES = {
  node: "src/node.ts",
  engine_thread: "src/worker/engine_thread.ts",
  kernel_thread: "src/worker/kernel_thread.ts",
};

/** Scripts that a page fetches; `react.js` comes on top where it is used. */
export const PAGE_SCRIPTS = ["browser.js", "engine_worker.js", "kernel_worker.js"];

/** Most bytes, gzipped, of what a page fetches before any model. */
export const MAX_PAGE_BYTES = 400_000;
