/** What a browser lacks is said in words. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { findProblem } from "../src/problem";

// Every browser with modules has it; jsdom has none.
Object.defineProperty(HTMLScriptElement.prototype, "noModule", { value: false });

afterEach(() => vi.unstubAllGlobals());

describe("a browser", () => {
  it("that has everything has no problem", () => {
    vi.stubGlobal("Worker", class {});
    expect(findProblem()).toBe("");
  });

  it("without SIMD is told so", () => {
    vi.stubGlobal("Worker", class {});
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    expect(findProblem()).toContain("SIMD");
  });

  it("without WebAssembly or workers is told so", () => {
    vi.stubGlobal("Worker", undefined);
    expect(findProblem()).toContain("Web Workers");
    vi.stubGlobal("WebAssembly", undefined);
    expect(findProblem()).toContain("no WebAssembly");
  });

  it("that opened the file itself is told how to serve it", () => {
    vi.stubGlobal("location", { protocol: "file:" });
    expect(findProblem()).toContain("python -m http.server");
  });
});
