import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatTokens,
} from "../../src/shared/format";
import { lightness, themeOf } from "../../src/shared/theme";

describe("figures", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [999.6, "1.0 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 0 s"],
    [125_000, "2 min 5 s"],
  ])("%d ms is %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it.each([
    [0, 10, "0 %"],
    [1, 1000, "1 %"],
    [999, 1000, "99 %"],
    [1000, 1000, "100 %"],
    [5, 0, "0 %"],
  ])("%d of %d is %s", (done, total, text) => expect(formatShare(done, total)).toBe(text));

  it("groups and names counts", () => {
    expect(formatCount(1234567)).toBe("1,234,567");
    expect(formatTokens(1)).toBe("1 token");
    expect(formatTokens(2048)).toBe("2,048 tokens");
    expect(formatRate(8.25)).toBe("8.3 tokens/s");
    expect(formatRate(99.96)).toBe("100 tokens/s");
  });
});

describe("the theme", () => {
  it.each([
    ["rgb(255, 255, 255)", 1],
    ["rgb(0, 0, 0)", 0],
    ["rgba(0, 0, 0, 0)", null],
    ["color(srgb 1 1 1)", 1],
    ["transparent", null],
  ])("the lightness of %s is %s", (color, value) => {
    const found = lightness(color);
    if (value === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(value);
  });

  it("is JupyterLab's where it says so, else that of the ground", () => {
    const ground = document.createElement("div");
    const el = ground.appendChild(document.createElement("div"));
    document.body.append(ground);
    ground.style.backgroundColor = "rgb(20, 20, 20)";
    expect(themeOf(el)).toBe("dark");
    document.body.dataset.jpThemeLight = "true";
    expect(themeOf(el)).toBe("light");
    delete document.body.dataset.jpThemeLight;
    ground.style.backgroundColor = "rgb(250, 250, 250)";
    expect(themeOf(el)).toBe("light");
    ground.remove();
  });
});
