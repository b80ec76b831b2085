/** Loads and uploads: how far they are, and how they ended. */
import { formatShare } from "../shared/format";
import { Icon } from "../shared/icons";
import type { Load } from "../shared/messages";
import type { ModelsController } from "./controller";
import { formatBytes, formatRemaining } from "./format";
import { Button, homeOf, Problem, Section } from "./parts";

export function Loads({ panel }: { panel: ModelsController }) {
  const loads = panel.store.loads.value;
  if (loads.length === 0) return null;
  return (
    <Section title="Loading">
      <ul class="realm-models-list">
        {loads.map((load) => (
          <LoadRow key={load.id} panel={panel} load={load} />
        ))}
      </ul>
    </Section>
  );
}

function LoadRow({ panel, load }: { panel: ModelsController; load: Load }) {
  const isRunning = load.state === "running";
  const isAway = !panel.context.connected.value;
  const about = `load:${load.id}`;
  return (
    <li class="realm-model">
      <div class="realm-model-top">
        <div class="realm-model-names">
          <strong dir="auto">{load.label}</strong>
          <span class="realm-hint">{stateOf(load)}</span>
        </div>
        <div class="realm-model-actions">
          <Button
            disabled={isAway}
            aria-label={`${isRunning ? "Cancel" : "Dismiss"} ${load.label}`}
            onClick={(event) => {
              if (isRunning) void panel.cancelLoad(load.id);
              else panel.dismissLoad(load.id).then(homeOf(event.currentTarget));
            }}
          >
            {isRunning ? "Cancel" : "Dismiss"}
          </Button>
        </div>
      </div>
      {isRunning ? <Progress load={load} /> : null}
      {load.state === "done" ? (
        <p class="realm-models-done">
          <Icon name="check" />
          <span dir="auto">Loaded{load.model === null ? "" : ` as ${load.model}`}.</span>
        </p>
      ) : null}
      <Problem text={load.state === "error" ? (load.error?.message ?? "It failed.") : ""} />
      <Problem text={panel.errors.value[about]} onDismiss={() => panel.clearError(about)} />
    </li>
  );
}

function stateOf(load: Load): string {
  if (load.state === "cancelled") return "cancelled";
  if (load.state === "error") return "failed";
  if (load.state === "done") return "";
  return load.stage === "upload" ? "uploading" : load.stage;
}

function Progress({ load }: { load: Load }) {
  const isKnown = load.total_bytes > 0;
  const share = isKnown ? Math.min(1, load.done_bytes / load.total_bytes) : 0;
  const parts = [
    isKnown
      ? `${formatBytes(load.done_bytes)} of ${formatBytes(load.total_bytes)}`
      : formatBytes(load.done_bytes),
  ];
  if (load.rate_bytes_per_s !== null) parts.push(`${formatBytes(load.rate_bytes_per_s)}/s`);
  if (load.remaining_s !== null) parts.push(`${formatRemaining(load.remaining_s)} left`);
  return (
    <div class="realm-progress">
      <span
        class={`realm-bar${isKnown ? "" : " realm-bar-unknown"}`}
        role="progressbar"
        aria-label={`${load.label}: ${stateOf(load)}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={isKnown ? Math.floor(share * 100) : undefined}
      >
        <span style={{ inlineSize: isKnown ? `${share * 100}%` : "30%" }} />
      </span>
      <span class="realm-progress-line">
        <span>{parts.join(" · ")}</span>
        {isKnown ? <span>{formatShare(load.done_bytes, load.total_bytes)}</span> : null}
      </span>
    </div>
  );
}
