/**
 * The development page. `?kind=chat` (or models, tokens) and `&scene=…` choose what is on it,
 * `&theme=dark`, `&width=360`, `&dir=rtl` how, `&views=2` how often; `window.realm` is the fake
 * kernel, `window.addView()` adds a view.
 */
import widget from "../src/entry";
import { FakeKernel } from "./fake";
import { FakePanels } from "./fake_panels";
import { PANELS, SCENES } from "./scenes";

const query = new URLSearchParams(location.search);
const page = document.getElementById("page") as HTMLElement;
document.body.classList.toggle("dark", query.get("theme") === "dark");
document.documentElement.dir = query.get("dir") ?? "ltr";
page.style.maxWidth = `${query.get("width") ?? 1000}px`;

const kernel = makeKernel(query.get("kind") ?? "chat", query.get("scene") ?? "");

function makeKernel(kind: string, scene: string): FakeKernel | FakePanels {
  if (kind === "models" || kind === "tokens") {
    const panels = new FakePanels(kind);
    PANELS[scene]?.(panels);
    return panels;
  }
  const chat = new FakeKernel({
    asset: async (name) => {
      const response = await fetch(name);
      if (!response.ok) throw new Error(`there is no ${name}`);
      return response.text();
    },
  });
  SCENES[scene]?.(chat);
  return chat;
}

/** Show the widget once more. */
function addView(): void {
  const el = document.createElement("div");
  page.append(el);
  widget.render({ model: kernel.view(), el });
}

for (let left = Number(query.get("views") ?? 1); left > 0; left -= 1) addView();
Object.assign(window, { realm: kernel, addView });
