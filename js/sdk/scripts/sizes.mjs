/**
 * What a page fetches before any model, gzipped: its scripts, the guest, and one build of the
 * kernels (the largest is counted; a page fetches only the one that suits its engine).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { MAX_PAGE_BYTES, PAGE_SCRIPTS } from "./entries.mjs";

/** Print the sizes; return whether they are within the limit. */
export function checkSizes(dist) {
  const size = (name) => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  const scripts = PAGE_SCRIPTS.filter((name) => existsSync(join(dist, name)));
  const kernels = readdirSync(dist)
    .filter((name) => name.endsWith(".wasm") && name !== "guest.wasm")
    .sort((a, b) => size(b) - size(a));
  const counted = [...scripts, "guest.wasm", ...kernels.slice(0, 1)];
  let total = 0;
  for (const name of counted) {
    total += size(name);
    console.log(`${name.padEnd(32)} ${String(size(name)).padStart(7)} bytes gzipped`);
  }
  console.log(`${"a page fetches".padEnd(32)} ${String(total).padStart(7)} of ${MAX_PAGE_BYTES}`);
  if (total <= MAX_PAGE_BYTES) return true;
  console.error("the package is over its limit (js/sdk/scripts/entries.mjs)");
  return false;
}
