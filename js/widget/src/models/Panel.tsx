/** The panel as a whole. */
import { render } from "preact";
import type { WidgetContext } from "../shared/context";
import { IconButton } from "../shared/IconButton";
import { Icon } from "../shared/icons";
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
      <header class="realm-models-header">
        <h2 tabIndex={-1}>Models</h2>
        {isReady ? (
          <span class="realm-hint">{formatBytes(store.availableBytes.value)} of memory free</span>
        ) : null}
      </header>
      <Disconnected panel={panel} />
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

function Disconnected({ panel }: { panel: ModelsController }) {
  const link = panel.context.link.value;
  if (link === "up" || panel.failure.value !== "") return null;
  return (
    <div class="realm-models-notice realm-models-disconnected" role="status">
      <Icon name="unplugged" />
      <span>
        {link === "closed"
          ? "Disconnected: the kernel is gone. Run this cell again."
          : "Disconnected: the kernel is busy or restarted. After a restart, run this cell again."}
      </span>
      {link === "silent" ? (
        <Button onClick={() => void panel.context.ping()}>Try again</Button>
      ) : null}
    </div>
  );
}

function Freed({ panel }: { panel: ModelsController }) {
  const text = panel.freed.value;
  if (text === "") return null;
  return (
    <div class="realm-models-notice realm-models-good">
      <Icon name="check" />
      <span dir="auto">{text}</span>
      <IconButton
        icon="close"
        label="Dismiss"
        onClick={() => {
          panel.freed.value = "";
        }}
      />
    </div>
  );
}
