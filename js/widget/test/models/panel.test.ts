import { File as NodeFile } from "node:buffer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakePanels, fakeLoad, fakeRow } from "../../dev/fake_panels";
import { mountModels } from "../../src/models";
import { createContext, type OwnedContext } from "../../src/shared/context";

let kernel: FakePanels;
let context: OwnedContext;
let el: HTMLElement;
let unmount: () => void;

/** Let answers arrive and the view be drawn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((done) => setTimeout(done, 0));
  // Events are shown with the next frame.
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done, 0));
}

async function mount(): Promise<void> {
  context = createContext(kernel.view());
  unmount = mountModels(context, el);
  await settle();
}

function named(name: string | RegExp): HTMLElement {
  const found = [...el.querySelectorAll<HTMLElement>("button, [role=progressbar]")].find((item) => {
    const label = item.getAttribute("aria-label") ?? item.textContent ?? "";
    return typeof name === "string" ? label.trim() === name : name.test(label);
  });
  if (found === undefined) throw new Error(`nothing is named ${name}`);
  return found;
}

async function click(name: string | RegExp): Promise<void> {
  named(name).click();
  await settle();
}

async function type(value: string): Promise<void> {
  const input = el.querySelector<HTMLInputElement>(".realm-form-line input");
  if (input === null) throw new Error("there is no field");
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

const sent = (type: string) => kernel.requests.filter((body) => body.type === type);

beforeEach(() => {
  kernel = new FakePanels("models");
  el = document.createElement("div");
  document.body.append(el);
  kernel.models.models = [
    fakeRow({ id: "llama", is_current: true, num_tenants: 3 }),
    fakeRow({ id: "tiny", memory_bytes: 5_400_000 }),
  ];
});

afterEach(() => {
  unmount();
  context.dispose();
  el.remove();
});

describe("loaded models", () => {
  it("are shown with what they are and take", async () => {
    await mount();
    const text = el.querySelector(".realm-model")?.textContent ?? "";
    for (const part of [
      "llama",
      "in use",
      "Q4_K",
      "8.0 B",
      "8,192 tokens",
      "5.0 GB",
      "3 tenants",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("can be used", async () => {
    await mount();
    await click("Use tiny");
    expect(sent("use")).toMatchObject([{ model: "tiny" }]);
    expect(el.querySelector(".realm-model-current strong")?.textContent).toBe("tiny");
  });

  it("are unloaded after a question, and what was freed is said", async () => {
    await mount();
    await click("Unload llama");
    expect(sent("unload")).toEqual([]);
    expect(el.querySelector(".realm-model-question")?.textContent).toContain("3 tenants");
    await click("Keep");
    expect(el.querySelector(".realm-model-question")).toBeNull();
    await click("Unload tiny");
    await click("Unload now");
    expect(sent("unload")).toMatchObject([{ model: "tiny" }]);
    expect(el.textContent).toContain("Unloaded tiny: 5.4 MB freed.");
    expect(el.querySelector("[role=status]")?.textContent).toContain("5.4 MB");
    expect(document.activeElement?.tagName).toBe("H2");
  });

  it("show an error where it happened", async () => {
    kernel.refusals.set("unload", "llama is busy");
    await mount();
    await click("Unload llama");
    await click("Unload now");
    const [first, second] = el.querySelectorAll(".realm-model");
    expect(first?.querySelector("[role=alert]")?.textContent).toContain("llama is busy");
    expect(second?.querySelector("[role=alert]")).toBeNull();
  });

  it("have details on demand", async () => {
    await mount();
    await click("Details of tiny");
    expect(el.querySelector(".realm-model-details")?.textContent).toContain("general.license");
  });
});

describe("loading", () => {
  it("says first whether it fits", async () => {
    await mount();
    await click("Load tales");
    expect(sent("load")).toEqual([]);
    expect(el.querySelector(".realm-verdict")?.textContent).toContain("Fits in memory");
    await click("Load");
    expect(sent("load")).toMatchObject([
      { source: "tales", model: null, device: "auto", executor: "auto" },
    ]);
  });

  it("is refused where it does not fit", async () => {
    await mount();
    await click("By path");
    await type("/models/llama-70b.gguf");
    await click("Check");
    expect(el.querySelector(".realm-verdict")?.textContent).toContain("Does not fit in memory");
    expect((named("Load") as HTMLButtonElement).disabled).toBe(true);
  });

  it("shows how far it is, can be cancelled and dismissed", async () => {
    await mount();
    kernel.setLoad(fakeLoad({ id: "1", done_bytes: 6e8, rate_bytes_per_s: 1e8, remaining_s: 18 }));
    await settle();
    const bar = el.querySelector("[role=progressbar]");
    expect(bar?.getAttribute("aria-valuenow")).toBe("25");
    expect(el.textContent).toContain("600 MB of 2.4 GB · 100 MB/s · 18 s left");
    await click("Cancel phi-3-mini.gguf");
    expect(el.querySelector("[role=progressbar]")).toBeNull();
    expect(el.textContent).toContain("cancelled");
    await click("Dismiss phi-3-mini.gguf");
    expect(el.textContent).not.toContain("phi-3-mini.gguf");
  });

  it("shows a load's error in its place", async () => {
    await mount();
    const error = { code: "model_format", message: "the file is damaged" };
    kernel.setLoad(fakeLoad({ id: "1", state: "error", error }));
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("the file is damaged");
  });

  it("finds models in a folder", async () => {
    await mount();
    await click("Folder");
    await type("/data");
    await click("Scan");
    expect(sent("scan")).toMatchObject([{ folder: "/data" }]);
    expect(el.textContent).toContain("40.2 GB in 3 parts");
    await click("Load phi-3-mini.gguf");
    expect(sent("check")).toMatchObject([{ source: "/data/phi-3-mini.gguf" }]);
  });

  it("uploads in pieces, one after the other", async () => {
    await mount();
    await click("Upload");
    // The page's own File cannot be read in this environment.
    const file = new NodeFile([new Uint8Array(2_500_000)], "mine.gguf");
    const input = el.querySelector<HTMLInputElement>("input[type=file]");
    Object.defineProperty(input, "files", { value: [file] });
    input?.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(el.textContent).toContain("Fits in memory: needs 2.5 MB");
    await click("Upload and load");
    await vi.waitFor(() => expect(sent("upload_chunk").length).toBe(3));
    expect(sent("upload")).toMatchObject([{ filename: "mine.gguf", total_bytes: 2_500_000 }]);
    const offsets = sent("upload_chunk").map((body) => "offset_bytes" in body && body.offset_bytes);
    expect(offsets).toEqual([0, 1_000_000, 2_000_000]);
    expect(kernel.received.map((chunk) => chunk.byteLength)).toEqual([1e6, 1e6, 5e5]);
  });
});

describe("staying in step", () => {
  it("asks for everything again when an event was lost", async () => {
    await mount();
    kernel.models.models = [fakeRow({ id: "other" })];
    kernel.emit("load_gone", { load: "nothing" }, 3);
    await settle();
    expect(sent("sync").length).toBe(2);
    expect(el.querySelector(".realm-model strong")?.textContent).toBe("other");
  });

  it("applies events that come while it asks", async () => {
    await mount();
    kernel.emit("load_gone", { load: "nothing" }, 1);
    kernel.setLoad(fakeLoad({ id: "1" }));
    await settle();
    expect(el.textContent).toContain("phi-3-mini.gguf");
  });

  it("says when the kernel is gone, and keeps what it knew", async () => {
    await mount();
    kernel.close();
    await settle();
    expect(el.textContent).toContain("Disconnected");
    expect(el.textContent).toContain("llama");
    expect((named("Unload llama") as HTMLButtonElement).disabled).toBe(true);
  });

  it("can be asked to try again when it never got an answer", async () => {
    kernel.refusals.set("sync", "not now");
    await mount();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("not now");
    kernel.refusals.clear();
    await click("Try again");
    expect(el.textContent).toContain("llama");
  });
});

describe("by keyboard", () => {
  it("moves between the ways to load", async () => {
    await mount();
    const tabs = [...el.querySelectorAll<HTMLElement>("[role=tab]")];
    tabs[0]?.focus();
    tabs[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    await settle();
    expect(tabs[3]?.getAttribute("aria-selected")).toBe("true");
    expect(document.activeElement).toBe(tabs[3]);
    expect(tabs.map((tab) => tab.tabIndex)).toEqual([-1, -1, -1, 0]);
  });

  it("gives the focus back when a question is answered with no", async () => {
    await mount();
    await click("Unload llama");
    expect(document.activeElement?.textContent).toBe("Unload now");
    document.activeElement?.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true }),
    );
    await new Promise(requestAnimationFrame);
    await settle();
    expect(document.activeElement).toBe(named("Unload llama"));
  });
});
