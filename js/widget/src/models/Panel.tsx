/** The panel as a whole. */
import { render } from "preact";
import type { WidgetContext } from "../shared/context";
import { Disconnected, Notice } from "../shared/Notice";
import { AddModel } from "./AddModel";
import { ModelsController } from "./controller";
import { formatBytes } from "./format";
import { Loads } from "./Loads";
import { ModelList } from "./ModelList";
import { Button, Problem } from "./parts";
import "./models.css";

/** Show the models panel in `el`; returns what takes it away. */
export function mountModels(context: WidgetContext, el: HTMLElement): () => void {
  const panel = new ModelsController(context);
  void panel.start();
  render(<Panel panel={panel} />, el);
  return () => {
    render(null, el);
    panel.dispose();
  };
}

export function Panel({ panel }: { panel: ModelsController }) {
  const { store } = panel;
  const isReady = store.isReady.value;
  return (
    <section class="realm-models" aria-label="Models" aria-busy={!isReady}>
      <header class="realm-view-header">
        <h2 tabIndex={-1}>Models</h2>
        {isReady ? (
          <span class="realm-hint">{formatBytes(store.availableBytes.value)} of memory free</span>
        ) : null}
      </header>
      {panel.failure.value === "" ? <Disconnected context={panel.context} /> : null}
      {isReady ? (
        <>
          <Freed panel={panel} />
          <ModelList panel={panel} />
          <Loads panel={panel} />
          <AddModel panel={panel} />
        </>
      ) : (
        <Waiting panel={panel} />
      )}
      <div class="realm-hidden" role="status">
        {panel.announcement}
      </div>
    </section>
  );
}

function Waiting({ panel }: { panel: ModelsController }) {
  const failure = panel.failure.value;
  if (failure === "") return <p class="realm-models-empty">Asking the kernel…</p>;
  return (
    <div class="realm-models-empty">
      <Problem text={failure} />
      <Button onClick={() => void panel.start()}>Try again</Button>
    </div>
  );
}

function Freed({ panel }: { panel: ModelsController }) {
  const text = panel.freed.value;
  if (text === "") return null;
  const dismiss = () => {
    panel.freed.value = "";
  };
  return <Notice tone="good" text={text} onDismiss={dismiss} />;
}
