import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dist } from "../../scripts/build.mjs";

test("the notices are of the bundled packages and of what the WebAssembly files hold", () => {
  const notices = readFileSync(join(dist, "LICENSES.txt"), "utf8");
  for (const holder of [
    "Copyright (c) 2023 Hugging Face",
    "Copyright (c) Zig contributors",
    "wasi-libc as a whole is multi-licensed",
    "The Emscripten Authors",
    "Nuxi (https://nuxi.nl/) and contributors",
    "Rich Felker",
  ]) {
    expect(notices).toContain(holder);
  }
  expect(readFileSync(join(dist, "LICENSE"), "utf8")).toContain("BSD 3-Clause");
});
