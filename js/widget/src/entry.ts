/** What anywidget loads: one module for every kind of widget. */
import "./shared/base.css";
import "./chat/chat.css";
import { mountChat } from "./chat/Chat";
import { mountModels } from "./models";
import { createContext, type WidgetContext, type WidgetModel } from "./shared/context";
import { guardShortcuts } from "./shared/shortcuts";
import { followTheme } from "./shared/theme";
import { mountTokens } from "./tokens";

const MOUNTS: Record<string, (context: WidgetContext, el: HTMLElement) => () => void> = {
  chat: mountChat,
  models: mountModels,
  tokens: mountTokens,
};

interface RenderProps {
  model: WidgetModel;
  el: HTMLElement;
}

function render({ model, el }: RenderProps): () => void {
  const kind = String(model.get("kind"));
  const mount = MOUNTS[kind];
  if (mount === undefined) throw new Error(`there is no view for the widget kind "${kind}"`);
  const context = createContext(model);
  el.classList.add("realm");
  const unmount = mount(context, el);
  const ends = [followTheme(el), guardShortcuts(el)];
  return () => {
    unmount();
    context.dispose();
    for (const end of ends) end();
  };
}

export default { render };
