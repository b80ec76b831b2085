/**
 * The development page of the models panel and the token view: `panels.html?kind=models`, with
 * `&scene=…`, `&theme=dark`, `&width=360`, `&dir=rtl`; `window.realm` is the fake kernel.
 */
import widget from "../src/entry";
import { FakePanels, fakeLoad, fakeRow, fakeTokens } from "./fake_panels";

const query = new URLSearchParams(location.search);
const page = document.getElementById("page") as HTMLElement;
document.body.classList.toggle("dark", query.get("theme") === "dark");
document.documentElement.dir = query.get("dir") ?? "ltr";
page.style.maxWidth = `${query.get("width") ?? 1000}px`;

const kernel = new FakePanels(query.get("kind") === "tokens" ? "tokens" : "models");
const scene = query.get("scene") ?? "full";
if (scene !== "empty") {
  kernel.models.models = [
    fakeRow({ id: "llama", name: "Meta Llama 3 8B Instruct", is_current: true, num_tenants: 3 }),
    fakeRow({
      id: "paris",
      architecture: "llama",
      quant_type: "Q8_0",
      num_parameters: 4_900_000,
      context_length: 512,
      memory_bytes: 5_400_000,
    }),
  ];
  kernel.models.shipped = kernel.models.shipped.map((item) => ({
    ...item,
    is_loaded: item.name === "paris",
  }));
  kernel.models.loads = [
    fakeLoad({ id: "1", done_bytes: 0.9e9, rate_bytes_per_s: 412e6, remaining_s: 3.6 }),
    fakeLoad({
      id: "2",
      label: "broken.gguf",
      state: "error",
      error: {
        code: "model_format",
        message: "broken.gguf is damaged: tensor blk.3.attn_q.weight ends at byte 812 of 640",
      },
    }),
  ];
}
const tokens = fakeTokens();
const count = Number(query.get("repeat") ?? 1);
kernel.tokens = {
  model: "paris",
  text: tokens.map(({ text }) => text).join(""),
  tokens: Array.from({ length: count }, () => tokens).flat(),
};
const el = document.createElement("div");
page.append(el);
widget.render({ model: kernel.view(), el });
Object.assign(window, { realm: kernel });
