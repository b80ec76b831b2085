import { describe, expect, it } from "vitest";
import { settle } from "../../src/markdown/settle";

describe("an unfinished block", () => {
  it.each([
    ["so **bold", "so **bold**"],
    ["so **bold *and", "so **bold *and***"],
    ["so **", "so "],
    ["2 * 3 * 4", "2 * 3 * 4"],
    ["snake_case_name", "snake_case_name"],
    ["use `code", "use `code`"],
    ["use `", "use"],
    ["see [the docs", "see the docs"],
    ["see [the docs](http://exam", "see the docs"],
    ["see [the docs](http://example.test) and", "see [the docs](http://example.test) and"],
    ["a picture ![of a cat](http://exam", "a picture "],
    ["- [ ", "- [ "],
    ["- item **bo", "- item **bo**"],
    ["- **one\n- two", "- **one\n- two"],
    ["para\n--", "para\n"],
    ["| a | b |", "| a | b |\n|---|---|"],
    ["| a | b |\n|--", "| a | b |\n|---|---|"],
    ["```py\nx = 1\n``", "```py\nx = 1\n"],
    ["```py\nx = `1", "```py\nx = `1"],
    ["so \\(x_1 + **y", "so \\(x_1 + **y"],
    ["plain text.", "plain text."],
  ])("%j is read as %j", (raw, expected) => {
    expect(settle(raw)).toBe(expected);
  });
});
