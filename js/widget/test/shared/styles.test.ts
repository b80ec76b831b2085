import { describe, expect, it } from "vitest";
import { stronger } from "../../../scripts/stronger.mjs";

describe("stronger styles", () => {
  it("nests rules and at-rules, and leaves keyframes outside", () => {
    const css = ".a{color:red}@keyframes k{0%{opacity:0}to{opacity:1}}@media print{.b{top:0}}";
    expect(stronger(css)).toBe(
      ":root{.a{color:red}@media print{.b{top:0}}}@keyframes k{0%{opacity:0}to{opacity:1}}",
    );
  });
});
