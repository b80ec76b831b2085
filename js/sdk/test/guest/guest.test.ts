import { beforeAll, describe, expect, it } from "vitest";
import {
  GuestAbiError,
  GuestError,
  GuestLimitError,
  GuestTrapError,
  ModelFormatError,
  RealmError,
} from "../../src/errors.js";
import { backtrace } from "../../src/guest/call_fault.js";
import { encodeConfig } from "../../src/guest/config.js";
import { parseEvent } from "../../src/guest/event.js";
import type { GuestInstance } from "../../src/guest/guest_instance.js";
import { GuestModule } from "../../src/guest/guest_module.js";
import { VocabularyGuest } from "../../src/guest/vocabulary_guest.js";
import { goldenJson } from "../support/files.js";
import {
  byteVocabulary,
  compiledGuest,
  END,
  GREEDY,
  guestBytes,
  logitsOf,
  shippedGuest,
} from "../support/guest.js";
import {
  callItself,
  growAnd,
  guestModule,
  i32,
  i64,
  indexOf,
  READ_BEYOND,
  UNREACHABLE,
} from "../support/wasm_writer.js";

const ENCODER = new TextEncoder();
const PLAIN = { addSpecial: false, parseSpecial: false };
const utf8 = (text: string) => ENCODER.encode(text);
const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const ids = (...values: number[]) => Int32Array.from(values);

let guest: VocabularyGuest;
let blob: Uint8Array;

beforeAll(async () => {
  blob = (await byteVocabulary()).toBlob();
  guest = await VocabularyGuest.load(shippedGuest(), blob);
});

function begin(instance: GuestInstance, changes = {}, { seed = 1, maxTokens = 10 } = {}): number {
  return instance.generateBegin(
    encodeConfig({ ...GREEDY, ...changes }, ids(1, 2), { seed, maxTokens }),
  );
}

describe("the shipped guest", () => {
  it("has the exports that the golden file pins, and asks for nothing", () => {
    const golden = goldenJson("guest_abi.json") as { imports: object; exports: object };
    const exported = WebAssembly.Module.exports(compiledGuest()).map(({ name }) => name);
    expect(exported.sort()).toEqual(Object.keys(golden.exports).sort());
    expect(WebAssembly.Module.imports(compiledGuest())).toEqual([]);
    expect(golden.imports).toEqual({});
  });

  it("has no state besides its memory: one mutable global, which is the stack pointer", () => {
    const sections = sectionsOf(guestBytes);
    const [count, type, isMutable, ...rest] = sections.get(6) ?? [];
    expect([count, type, isMutable]).toEqual([1, 0x7f, 1]);
    expect(rest.at(-1)).toBe(0x0b);
    expect(sections.has(8), "start function").toBe(false);
    expect(sections.has(12), "count of passive data").toBe(false);
  });

  it("gives text back", async () => {
    const instance = await guest.shared();
    for (const text of ["", "a", "héllo wörld", "日本語\n\t\0", "🙂".repeat(10_000)]) {
      const found = instance.tokenize(utf8(text), PLAIN);
      expect(found.length).toBe(utf8(text).length);
      expect(decoded(instance.detokenize(found))).toBe(text);
    }
  });

  it("holds back half characters and stops", async () => {
    const instance = await guest.instance();
    const handle = begin(instance, { logprobs: 2, stop: ["stop"] });
    const texts: string[] = [];
    for (const byte of utf8("aést")) {
      const event = instance.generateStep(handle, logitsOf(byte));
      expect([event.tokenId, event.finish, event.nextIds]).toEqual([byte, 0, [byte]]);
      expect(event.alternatives.length).toBe(2);
      expect(event.alternatives[0]).toEqual([byte, event.logprob]);
      texts.push(event.text);
    }
    expect(texts).toEqual(["a", "", "é", "", ""]);
    const end = instance.generateStep(handle, logitsOf(END));
    expect([end.finish, end.isEog, end.nextIds]).toEqual([1, true, []]);
    expect(end.text + instance.generateEnd(handle)).toBe("st");
    expect(() => instance.generateEnd(handle)).toThrow(
      new GuestError("the guest's realm_generate_end failed: the handle is unknown (ERROR_HANDLE)"),
    );
    instance.close();
  });

  it("begins anew in each instance, from the memory in which the vocabulary was loaded", async () => {
    const fresh = await shippedGuest().instantiate();
    fresh.loadVocabulary(blob);
    const copies = await Promise.all([guest.instance(), guest.instance(), fresh]);
    const rows = Array.from({ length: 30 }, (_, row) =>
      Float32Array.from({ length: 258 }, (_, token) => 3 * Math.sin(1 + row * 258 + token)),
    );
    const changes = { temperature: 1, topK: 0, dryMultiplier: 0.8, repetitionPenalty: 1.1 };
    const handles = copies.map((copy) =>
      begin(copy, changes, { seed: 2 ** 40 + 5, maxTokens: 40 }),
    );
    const found: number[][] = copies.map(() => []);
    for (const row of rows) {
      copies.forEach((copy, index) => {
        found[index]?.push(copy.generateStep(handles[index] as number, row).tokenId);
      });
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    expect(new Set(found[0]).size).toBeGreaterThan(5);
    expect(copies[0]?.memoryBytes).toBeLessThanOrEqual(fresh.memoryBytes);
  });

  it("is used again only as if it were new", async () => {
    const own = await VocabularyGuest.load(shippedGuest(), blob, 258);
    const first = await own.instance();
    const fresh = first.snapshot();
    const handle = begin(first, { stop: ["secret"] });
    first.generateStep(handle, logitsOf(65));
    expect(Buffer.compare(first.snapshot(), fresh)).not.toBe(0);
    own.release(first);
    expect(await own.instance()).toBe(first);
    expect(Buffer.compare(first.snapshot(), fresh)).toBe(0);
    expect(begin(first)).toBe(handle);
    expect(first.generateStep(handle, logitsOf(66)).text).toBe("B");
    // One that has grown, one too many, and one after the end go.
    const grown = await own.instance();
    grown.tokenize(new Uint8Array(4 << 20), PLAIN);
    own.release(grown);
    expect(grown.memoryBytes).toBe(0);
    const other = await own.instance();
    own.release(first);
    own.release(other);
    expect([first.memoryBytes > 0, other.memoryBytes]).toEqual([true, 0]);
    own.close();
    expect(first.memoryBytes).toBe(0);
  });

  it("refuses malformed vocabularies and settings, and goes on", async () => {
    const instance = await shippedGuest().instantiate();
    const wrong = [
      new Uint8Array(0),
      utf8("RVOC"),
      new Uint8Array(52),
      new Uint8Array(52).fill(255),
      blob.slice(0, -8),
    ];
    for (const bytes of wrong) {
      expect(() => instance.loadVocabulary(bytes)).toThrow(ModelFormatError);
    }
    instance.loadVocabulary(blob);
    for (const size of [0, 7, 120, 4000]) {
      expect(() => instance.generateBegin(new Uint8Array(size).fill(255))).toThrow(RealmError);
    }
    for (const handle of [-1, 0, 5, 2 ** 31 - 1]) {
      expect(() => instance.generateStep(handle, logitsOf(1))).toThrow(RealmError);
    }
    expect(instance.isBroken).toBe(false);
    expect(decoded(instance.detokenize(instance.tokenize(utf8("still"), PLAIN)))).toBe("still");
  });

  it("may not take more memory than its limit", async () => {
    const small = new GuestModule(compiledGuest(), { memoryBytes: 2 << 20 });
    const instance = await small.instantiate();
    expect(() => instance.tokenize(new Uint8Array(3 << 20), PLAIN)).toThrow(GuestLimitError);
    expect(() => instance.tokenize(new Uint8Array(1.9 * 2 ** 20), PLAIN)).toThrow(GuestLimitError);
    expect(instance.isBroken).toBe(true);
    expect(() => instance.version()).toThrow("this guest instance is broken, make a new one");
  });

  it("is of no use once closed", async () => {
    const instance = await guest.instance();
    instance.close();
    instance.close();
    expect(instance.memoryBytes).toBe(0);
    expect(() => instance.tokenize(utf8("x"), PLAIN)).toThrow("this guest instance was closed");
  });
});

describe("a guest that traps", () => {
  const run = async (
    code: Record<string, readonly number[]>,
    limits = { memoryBytes: 2 ** 30 },
  ) => {
    const instance = await new GuestModule(guestModule(code), limits).instantiate();
    return () => instance.tokenize(utf8("x"), PLAIN);
  };

  it("says where, and is broken", async () => {
    const tokenize = await run({ realm_tokenize: UNREACHABLE });
    let caught: unknown;
    try {
      tokenize();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GuestTrapError);
    const { message, trapCode, frames } = caught as GuestTrapError;
    expect(trapCode).toBe("unreachable");
    expect(frames[0]).toMatch(/^(realm_tokenize|function 4) \(0x[0-9a-f]+\)$/);
    expect(message).toBe(`the guest's realm_tokenize trapped: unreachable at ${frames[0]}`);
    expect(tokenize).toThrow("this guest instance is broken, make a new one: the guest's");
  });

  it("is told from one that ran out of bounds, of stack or of memory", async () => {
    expect(await run({ realm_tokenize: READ_BEYOND })).toThrow(
      expect.objectContaining({ trapCode: "memory_out_of_bounds" }),
    );
    const deep = { realm_tokenize: callItself(indexOf("realm_tokenize")) };
    expect(await run(deep)).toThrow(expect.objectContaining({ limit: "stack" }));
    const greedy = { realm_alloc: growAnd(10, 1024) };
    expect(await run(greedy, { memoryBytes: 5 * 65536 })).toThrow(
      expect.objectContaining({ limit: "memory" }),
    );
    expect(await run({ realm_alloc: i32(0) })).toThrow("the guest has no room for 1 bytes");
  });

  it("is not trusted with pointers, statuses or versions", async () => {
    expect(await run({ realm_tokenize: i64((64n << 32n) | 65530n) })).toThrow(
      "the guest's realm_tokenize returned pointer 0x0000fffa with 64 bytes, in a memory of 65536 bytes",
    );
    expect(await run({ realm_tokenize: i64(3n << 32n) })).toThrow("returned 3 bytes");
    expect(await run({ realm_tokenize: i64(-99n) })).toThrow("which is no status of ABI 0");
    expect(await run({ realm_alloc: i32(65536) })).toThrow(GuestAbiError);
    await expect(run({ realm_abi_version: i32(7) })).rejects.toThrow(
      "the guest speaks version 7 of the ABI; this host speaks 0",
    );
  });

  it("may not lack exports or ask for functions", () => {
    expect(() => new GuestModule(guestModule({}, { without: "realm_free" }))).toThrow(
      "the guest has no realm_free",
    );
    expect(() => new GuestModule(guestModule({}, { importName: "forward" }))).toThrow(
      "the guest asks for realm.forward, but may import nothing here",
    );
  });

  it("is replaced for the next text", async () => {
    const own = await VocabularyGuest.load(
      new GuestModule(guestModule({ realm_tokenize: UNREACHABLE })),
      new Uint8Array(8),
    );
    const first = await own.shared();
    expect(() => first.tokenize(utf8("x"), PLAIN)).toThrow(GuestTrapError);
    expect(await own.shared()).not.toBe(first);
    expect((await own.shared()).isBroken).toBe(false);
  });
});

describe("events", () => {
  const event = (...numbers: number[]) => new Uint8Array(Int32Array.from(numbers).buffer);

  it("are checked", () => {
    expect(parseEvent(event(2, 5, 0, 0, 1, 0, 0, 9)).nextIds).toEqual([9]);
    expect(() => parseEvent(event(0, 1))).toThrow("the guest's event has 8 bytes");
    expect(() => parseEvent(event(0, 5, 0, 0, 1, 0, 0))).toThrow("do not fit in its 28 bytes");
    expect(() => parseEvent(event(0, 5, 0, 0, -1, -1, -1))).toThrow("do not fit");
    expect(() => parseEvent(event(3, 5, 0, 0, 0, 0, 0))).toThrow("out of range: finish 3");
    expect(() => parseEvent(event(0, 5, 0, 0, 1, 0, 0, -1))).toThrow("out of range");
    expect(() => parseEvent(event(0, 5, 0, 0, 0, 0, 4, -1))).toThrow("is not UTF-8");
  });
});

describe("backtraces", () => {
  it("are read from the stacks of all browsers", () => {
    const chromium =
      "RuntimeError: unreachable\n    at guest.wasm.step (wasm://wasm/9a:wasm-function[12]:0x1f2)\n" +
      "    at wasm://wasm/9a:wasm-function[3]:0x10\n    at run (engine.js:1:2)";
    expect(backtrace(chromium)).toEqual(["step (0x1f2)", "function 3 (0x10)"]);
    const firefox = "step@http://host/guest.wasm:wasm-function[12]:0x1f2\nrun@engine.js:1:2";
    expect(backtrace(firefox)).toEqual(["step (0x1f2)"]);
    const safari = "wasm-function[12]@[wasm code]\nrun@engine.js:1:2";
    expect(backtrace(safari)).toEqual(["function 12"]);
  });
});

/** The sections of a module by their number; custom ones are left out. */
function sectionsOf(bytes: Uint8Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++] as number;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        break;
      }
    }
    if (id !== 0) {
      found.set(id, [...bytes.subarray(at, at + size)]);
    }
    at += size;
  }
  return found;
}
