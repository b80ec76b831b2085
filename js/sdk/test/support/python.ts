/** The Python that the package is installed in. */

import { execFileSync } from "node:child_process";

/** REALM_PYTHON, or the first one on PATH that has the package; null if there is none. */
export const PYTHON: string | null = find();

function find(): string | null {
  const named = process.env.REALM_PYTHON;
  for (const name of named === undefined ? ["python", "python3"] : [named]) {
    try {
      execFileSync(name, ["-c", "import realm_jupyter.client"], {
        cwd: new URL("../../../..", import.meta.url),
        stdio: "ignore",
      });
      return name;
    } catch (error) {
      if (named !== undefined)
        throw new Error(`REALM_PYTHON=${name} cannot be used`, { cause: error });
    }
  }
  return null;
}
