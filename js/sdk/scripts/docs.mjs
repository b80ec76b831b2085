/**
 * Write js/sdk/docs, the API reference, anew. TypeDoc reads sources through the API of
 * TypeScript 6, which version 7 does not have, so that both are fetched for this alone.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = ["typedoc@0.28.20", "typedoc-plugin-markdown@4.14.1", "typescript@6.0.3"];

const sdk = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = mkdtempSync(join(tmpdir(), "typedoc-"));
try {
  const install = ["install", "--prefix", tools, "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", [...install, ...PACKAGES], { stdio: "inherit" });
  const modules = join(tools, "node_modules");
  const plugin = join(modules, "typedoc-plugin-markdown", "dist", "index.js");
  const typedoc = join(modules, "typedoc", "bin", "typedoc");
  execFileSync(process.execPath, [typedoc, "--options", "typedoc.json", "--plugin", plugin], {
    cwd: sdk,
    stdio: "inherit",
  });
} finally {
  rmSync(tools, { recursive: true });
}
