/** What there is to see before the model is there: how far it has come, and what can be done. */

import { formatBytes, formatRemaining } from "../../widget/src/models/format";
import { formatShare } from "../../widget/src/shared/format";
import { Icon } from "../../widget/src/shared/icons";
import type { Loader, LoadState } from "./loader";
import type { ModelCard } from "./page_data";
import { NO_ROOM } from "./storage";

interface StartProps {
  card: ModelCard;
  loader: Loader;
}

export function Start({ card, loader }: StartProps) {
  const state = loader.state.value;
  const load = () => void loader.load();
  const size = formatBytes(card.file_bytes);
  return (
    <section class="page-start" aria-label="Model">
      <h2 dir="auto">{card.name}</h2>
      {card.description === "" ? null : (
        <p class="page-description" dir="auto">
          {card.description}
        </p>
      )}
      <div class="page-step" role="status">
        {state.kind === "asking" ? (
          <p>
            The model is a download of {size}. {whatStays(state.room, card.file_bytes)}
          </p>
        ) : null}
        {state.kind === "stopped" ? <p>Loading was stopped. {whatIsKept(loader)}</p> : null}
        {state.kind === "starting" ? <p>Starting…</p> : null}
        {state.kind === "loading" ? <p>{stageOf(state)}</p> : null}
      </div>
      {state.kind === "failed" ? (
        <p class="page-problem" role="alert">
          {state.message}
        </p>
      ) : null}
      {state.kind === "loading" ? <Progress state={state} /> : null}
      {state.kind === "loading" && loader.files.isFull ? (
        <p class="realm-hint" role="status">
          {NO_ROOM}
        </p>
      ) : null}
      <div class="page-buttons">
        {state.kind === "asking" ? (
          <Go label={`Download ${size} and start`} onClick={load} />
        ) : null}
        {state.kind === "stopped" ? <Go label="Go on" onClick={load} /> : null}
        {state.kind === "failed" ? <Go label="Try again" onClick={load} /> : null}
        {state.kind === "loading" ? (
          <button type="button" class="realm-button" onClick={() => loader.stop()}>
            <Icon name="stop" />
            Stop
          </button>
        ) : null}
      </div>
      <p class="realm-hint">
        The model runs in this browser: nothing that you write leaves your device.
      </p>
    </section>
  );
}

/** What is said of a large model before it is fetched. */
export function whatStays(room: number | null, fileBytes: number): string {
  if (room === null || room >= fileBytes) return "It stays in this browser for the next visit.";
  return (
    `This browser has room for ${formatBytes(room)} only: the rest is downloaded again on each ` +
    "visit, unless you free some space on this device."
  );
}

function whatIsKept({ files }: Loader): string {
  return files.isFull ? NO_ROOM : "What has arrived is kept.";
}

function Go({ label, onClick }: { label: string; onClick(): void }) {
  return (
    <button type="button" class="realm-button realm-primary" onClick={onClick}>
      {label}
    </button>
  );
}

type Loading = Extract<LoadState, { kind: "loading" }>;

function stageOf({ stage }: Loading): string {
  return stage === "download" ? "Downloading the model" : "Loading the model into memory";
}

/** `3.2 MB of 12 MB · 1.1 MB/s · 8 s left`, as far as it is known. */
export function figuresOf({ doneBytes, totalBytes, rate, remaining }: Loading): string {
  if (totalBytes === 0) return "";
  const parts = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`];
  if (rate !== null) parts.push(`${formatBytes(rate)}/s`);
  if (remaining !== null) parts.push(`${formatRemaining(remaining)} left`);
  return parts.join(" · ");
}

function Progress({ state }: { state: Loading }) {
  const { doneBytes, totalBytes } = state;
  const isKnown = totalBytes > 0;
  return (
    <div class="page-progress">
      <span
        class={`realm-bar${isKnown ? "" : " realm-bar-unknown"}`}
        role="progressbar"
        aria-label={stageOf(state)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={isKnown ? Math.round((100 * doneBytes) / totalBytes) : undefined}
        aria-valuetext={isKnown ? formatShare(doneBytes, totalBytes) : undefined}
      >
        <span style={{ width: isKnown ? `${(100 * doneBytes) / totalBytes}%` : "30%" }} />
      </span>
      <span class="realm-hint">{figuresOf(state)}</span>
    </div>
  );
}
