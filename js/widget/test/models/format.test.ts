import { expect, it } from "vitest";
import { formatBytes, formatParameters, formatRemaining } from "../../src/models/format";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [5_600_000, "5.6 MB"],
  [999_999_999, "1.0 GB"],
  [123_000_000_000, "123 GB"],
])("%d bytes read as %s", (value, text) => expect(formatBytes(value)).toBe(text));

it.each([
  [260, "260"],
  [4_900_000, "4.9 M"],
  [8_030_261_312, "8.0 B"],
  [405_000_000_000, "405 B"],
])("%d parameters read as %s", (value, text) => expect(formatParameters(value)).toBe(text));

it.each([
  [0.2, "less than a second"],
  [3.6, "4 s"],
  [90, "2 min"],
  [3900, "1 h 5 min"],
])("%d seconds read as %s", (value, text) => expect(formatRemaining(value)).toBe(text));
