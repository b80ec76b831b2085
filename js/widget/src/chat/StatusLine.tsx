/** What the kernel does now, and the figures of the last answer. */
import { useEffect, useState } from "preact/hooks";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatTokens,
} from "../shared/format";
import type { Load, Status } from "../shared/messages";
import type { ChatController } from "./controller";

/** Short waits pass without a bar. */
const SHOW_AFTER_MS = 400;
const TICK_MS = 200;

/** How far what the reader waits for has come; `share` is null where nobody knows. */
export interface Progress {
  label: string;
  share: number | null;
}

/** Return what to show of a wait, or null if there is none (or not for long enough). */
export function progressOf(status: Status, elapsedMs: number): Progress | null {
  if (status.load !== null && status.load.state === "running") return progressOfLoad(status.load);
  if (status.state === "loading") return { label: "Loading the model", share: null };
  if (status.state !== "prompt" || elapsedMs < SHOW_AFTER_MS) return null;
  const { prompt_tokens: total, prompt_done_tokens: done } = status;
  const time = formatDuration(elapsedMs);
  if (total === null) return { label: `Reading the prompt · ${time}`, share: null };
  if (done === null) return { label: `Reading ${formatTokens(total)} · ${time}`, share: null };
  return {
    label: `Reading the prompt · ${formatCount(done)} of ${formatTokens(total)} · ${time}`,
    share: total === 0 ? null : done / total,
  };
}

function progressOfLoad(load: Load): Progress {
  const isKnown = load.total_bytes > 0;
  const share = isKnown ? ` · ${formatShare(load.done_bytes, load.total_bytes)}` : "";
  const left =
    load.remaining_s === null ? "" : ` · ${formatDuration(load.remaining_s * 1000)} left`;
  return {
    label: `Loading ${load.label}${share}${left}`,
    share: isKnown ? load.done_bytes / load.total_bytes : null,
  };
}

export function PromptProgress({ chat }: { chat: ChatController }) {
  const status = chat.store.status.value;
  const [elapsedMs, setElapsed] = useState(0);
  const isWaiting = status.state === "prompt" || status.state === "loading";

  useEffect(() => {
    if (!isWaiting) return undefined;
    const start = performance.now() - status.elapsed_ms;
    const tick = () => setElapsed(performance.now() - start);
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [isWaiting, status.elapsed_ms]);

  const progress = isWaiting ? progressOf(status, Math.max(elapsedMs, status.elapsed_ms)) : null;
  if (progress === null) return null;
  return (
    <div class="realm-wait">
      <span>{progress.label}</span>
      <span
        class={`realm-bar${progress.share === null ? " realm-bar-unknown" : ""}`}
        role="progressbar"
        aria-label={progress.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={progress.share === null ? undefined : Math.round(100 * progress.share)}
      >
        <span style={{ width: `${100 * (progress.share ?? 0.3)}%` }} />
      </span>
    </div>
  );
}

export function StatusLine({ chat }: { chat: ChatController }) {
  const status = chat.store.status.value;
  const { seed } = status;
  const used = status.context_used;
  const length = status.context_length;
  return (
    <footer class="realm-status">
      <span class={`realm-dot realm-dot-${dotOf(chat, status)}`} aria-hidden="true" />
      <span>{stateOf(chat, status)}</span>
      {figuresOf(status).map(([name, text]) => (
        <span key={name} title={name}>
          {text}
        </span>
      ))}
      {used === null || length === null || length === 0 ? null : (
        <span
          class="realm-context"
          title={`Context: ${formatCount(used)} of ${formatTokens(length)}`}
        >
          <span class="realm-hidden">Context used: </span>
          <span class="realm-gauge" aria-hidden="true">
            <span style={{ width: `${Math.min(100, (100 * used) / length)}%` }} />
          </span>
          {formatCount(used)} / {formatCount(length)}
        </span>
      )}
      {seed === null ? null : (
        <button
          type="button"
          class="realm-seed"
          title="Copy the seed"
          aria-label={`Copy the seed ${seed}`}
          onClick={() => void chat.copy(seed, "Seed copied.")}
        >
          seed {seed}
        </button>
      )}
    </footer>
  );
}

function dotOf(chat: ChatController, status: Status): string {
  if (!chat.context.connected.value) return "off";
  return status.state === "idle" ? "idle" : "busy";
}

function stateOf(chat: ChatController, status: Status): string {
  if (!chat.context.connected.value) return "Not connected";
  if (!chat.store.isReady.value) return "Connecting";
  switch (status.state) {
    case "loading":
      return "Loading";
    case "prompt":
      return "Reading";
    case "generating":
      return "Answering";
    case "stopping":
      return "Stopping";
    default:
      return "Ready";
  }
}

/** Return name and text of each figure that is known. */
export function figuresOf(status: Status): [string, string][] {
  const figures: [string, string][] = [];
  if (status.tokens_per_second !== null) {
    figures.push(["Tokens per second", formatRate(status.tokens_per_second)]);
  }
  if (status.ttft_ms !== null) {
    figures.push(["Time to first token", `${formatDuration(status.ttft_ms)} to first`]);
  }
  if (status.prompt_tokens !== null && (status.completion_tokens > 0 || status.state === "idle")) {
    figures.push([
      "Prompt and answer",
      `${formatCount(status.prompt_tokens)} + ${formatTokens(status.completion_tokens)}`,
    ]);
  } else if (status.completion_tokens > 0) {
    figures.push(["Answer", formatTokens(status.completion_tokens)]);
  }
  return figures;
}
