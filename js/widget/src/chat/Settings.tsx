/** System prompt and sampling; every range and default comes from the kernel. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "../shared/icons";
import type { Field, json } from "../shared/messages";
import type { ChatController } from "./controller";
import { PanelFrame } from "./PanelFrame";
import { isDefault, parse, textOf } from "./values";

const TYPING_PAUSE_MS = 400;

export function Settings({ chat }: { chat: ChatController }) {
  const { settings, fields } = chat.store;
  const { values, record_tokens } = settings.value;
  const advanced = fields.value.filter((field) => field.group === "advanced");
  const numChanged = advanced.filter((field) => !isDefault(field, values[field.name])).length;
  const show = (field: Field) => (
    <Setting key={field.name} chat={chat} field={field} value={values[field.name]} />
  );
  return (
    <PanelFrame chat={chat} name="settings" title="Settings">
      <SystemPrompt chat={chat} />
      {fields.value.filter((field) => field.group === "basic").map(show)}
      <label class="realm-check">
        <input
          type="checkbox"
          checked={record_tokens}
          onChange={(event) => chat.setRecordTokens(event.currentTarget.checked)}
        />
        <span>
          Keep the tokens of new answers
          <small>with their probabilities, for the token view</small>
        </span>
      </label>
      {advanced.length === 0 ? null : (
        <details class="realm-details">
          <summary>
            More sampling{numChanged === 0 ? "" : ` (${numChanged} changed)`}
            <Icon name="down" />
          </summary>
          {advanced.map(show)}
        </details>
      )}
      <div class="realm-panel-foot">
        {chat.context.inNotebook ? (
          <button type="button" class="realm-button" onClick={() => void chat.copyPython()}>
            <Icon name="code" />
            Copy as Python
          </button>
        ) : null}
        <button type="button" class="realm-button" onClick={() => chat.resetSettings()}>
          <Icon name="reset" />
          Reset all
        </button>
      </div>
    </PanelFrame>
  );
}

/** Call `run` when nothing was typed for a while, or at once on leaving. */
function usePause(run: (text: string) => void): { later(text: string): void; now(): void } {
  const waiting = useRef<{ text: string; timer: ReturnType<typeof setTimeout> } | null>(null);
  const latest = useRef(run);
  latest.current = run;
  const now = () => {
    const last = waiting.current;
    if (last === null) return;
    waiting.current = null;
    clearTimeout(last.timer);
    latest.current(last.text);
  };
  const later = (text: string) => {
    if (waiting.current !== null) clearTimeout(waiting.current.timer);
    waiting.current = { text, timer: setTimeout(now, TYPING_PAUSE_MS) };
  };
  // What was typed last is kept on leaving.
  useEffect(() => now, []);
  return { later, now };
}

function SystemPrompt({ chat }: { chat: ChatController }) {
  const { system } = chat.store.settings.value;
  const [text, setText] = useState(system);
  const isFocused = useRef(false);
  const pause = usePause((typed) => chat.setSystem(typed));

  useEffect(() => {
    if (!isFocused.current) setText(system);
  }, [system]);

  return (
    <label class="realm-setting">
      <span class="realm-setting-label">System prompt</span>
      <textarea
        class="realm-textarea"
        data-first-focus
        dir="auto"
        rows={3}
        placeholder="What the model should be and how it should answer"
        value={text}
        onFocus={() => {
          isFocused.current = true;
        }}
        onBlur={() => {
          isFocused.current = false;
          pause.now();
        }}
        onInput={(event) => {
          setText(event.currentTarget.value);
          pause.later(event.currentTarget.value);
        }}
      />
    </label>
  );
}

interface SettingProps {
  chat: ChatController;
  field: Field;
  value: json;
}

function Setting({ chat, field, value }: SettingProps) {
  const id = useId();
  const isChanged = !isDefault(field, value);
  const set = (next: json) => chat.setValue(field.name, next);
  if (field.kind === "boolean") {
    return (
      <label class="realm-check">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
        <span>
          {field.label}
          <small>{field.help}</small>
        </span>
      </label>
    );
  }
  return (
    <div class="realm-setting">
      <div class="realm-setting-head">
        <label class="realm-setting-label" for={id}>
          {field.label}
        </label>
        {isChanged ? (
          <button
            type="button"
            class="realm-reset"
            aria-label={`Reset ${field.label}`}
            title={`Reset to ${textOf(field, field.default) || "nothing"}`}
            onClick={() => set(field.default)}
          >
            <Icon name="reset" />
          </button>
        ) : null}
        {field.kind === "choice" ? (
          <Choice id={id} field={field} value={value} set={set} />
        ) : field.kind === "strings" ? null : (
          <TypedValue id={id} field={field} value={value} set={set} />
        )}
      </div>
      {field.kind === "strings" ? (
        <TypedValue id={id} field={field} value={value} set={set} />
      ) : null}
      {field.slider_low !== null && field.slider_high !== null ? (
        <Slider field={field} value={value} set={set} />
      ) : null}
      <small id={`${id}-help`}>{field.help}</small>
    </div>
  );
}

interface ValueProps {
  id: string;
  field: Field;
  value: json;
  set(value: json): void;
}

function Choice({ id, field, value, set }: ValueProps) {
  const index = field.choices.indexOf(value);
  return (
    <select
      id={id}
      class="realm-input"
      aria-describedby={`${id}-help`}
      value={index}
      onChange={(event) => set(field.choices[Number(event.currentTarget.value)])}
    >
      {field.choices.map((choice, place) => (
        <option key={String(choice)} value={place}>
          {String(choice)}
        </option>
      ))}
    </select>
  );
}

function TypedValue({ id, field, value, set }: ValueProps) {
  const shown = textOf(field, value);
  const [text, setText] = useState(shown);
  const isFocused = useRef(false);
  const parsed = parse(field, text);
  const reason = parsed.ok ? "" : parsed.reason;
  const commit = (typed: string) => {
    const next = parse(field, typed);
    if (next.ok && JSON.stringify(next.value) !== JSON.stringify(value)) set(next.value);
  };
  const pause = usePause(commit);

  useEffect(() => {
    if (!isFocused.current) setText(shown);
  }, [shown]);

  const common = {
    id,
    dir: "auto" as const,
    value: text,
    "aria-invalid": reason !== "",
    "aria-describedby": reason === "" ? `${id}-help` : `${id}-reason`,
    placeholder: field.kind === "strings" ? "one a line, \\n is a newline" : emptyMeans(field),
    onFocus: () => {
      isFocused.current = true;
    },
    onBlur: () => {
      isFocused.current = false;
      pause.now();
      // What is not allowed was never taken: show what holds.
      if (!parsed.ok || text.trim() === "") setText(shown);
    },
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      setText(event.currentTarget.value);
      pause.later(event.currentTarget.value);
    },
  };
  return (
    <>
      {field.kind === "strings" ? (
        <textarea {...common} class="realm-textarea" rows={2} />
      ) : (
        <input {...common} class="realm-input" type="text" inputMode="decimal" />
      )}
      {reason === "" ? null : (
        <small id={`${id}-reason`} class="realm-reason" role="alert">
          {reason}
        </small>
      )}
    </>
  );
}

function emptyMeans(field: Field): string {
  if (field.kind === "seed") return "drawn";
  return field.default === null ? "off" : textOf(field, field.default);
}

function Slider({ field, value, set }: Omit<ValueProps, "id">) {
  const low = field.slider_low ?? 0;
  const high = field.slider_high ?? 1;
  const number = typeof value === "number" ? value : Number(field.default ?? low);
  const [moved, setMoved] = useState<number | null>(null);
  const shown = Math.min(high, Math.max(low, moved ?? number));
  return (
    <input
      type="range"
      class="realm-slider"
      aria-label={`${field.label}, slider`}
      min={low}
      max={high}
      step={field.step ?? "any"}
      value={shown}
      style={{ "--share": `${(100 * (shown - low)) / (high - low || 1)}%` }}
      onInput={(event) => {
        // The hand is ahead of the kernel's word for it.
        setMoved(event.currentTarget.valueAsNumber);
        set(event.currentTarget.valueAsNumber);
      }}
      onChange={() => setMoved(null)}
    />
  );
}
