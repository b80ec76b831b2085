/** Bundles the package before the tests, so that they run what is in the tree. */

import { bundle } from "../../scripts/build.mjs";

export async function setup(): Promise<void> {
  await bundle();
}
