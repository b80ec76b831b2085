/** Files of the repository that tests read. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../../", import.meta.url);

export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

export function goldenJson(name: string): unknown {
  return JSON.parse(readFileSync(repositoryPath(`tests/golden/${name}`), "utf8"));
}

/** The reference data, or null where it is not there. */
export const conformance: string | null = findConformance();

function findConformance(): string | null {
  const asked = process.env.REALM_CONFORMANCE;
  const places = [asked, repositoryPath("../shared/conformance")];
  return places.find((place) => place !== undefined && existsSync(place)) ?? null;
}

export function conformanceJson(path: string): unknown {
  return JSON.parse(readFileSync(`${conformance}/${path}`, "utf8"));
}
