/** The ways to another model: shipped, by path, out of a folder, from the reader's computer. */
import { useId, useRef, useState } from "preact/hooks";
import { formatCount } from "../shared/format";
import { Icon } from "../shared/icons";
import type { ModelsController } from "./controller";
import { memoryLine } from "./controller";
import { formatBytes, formatParameters } from "./format";
import { Button, Problem, Section } from "./parts";

const WAYS = [
  ["shipped", "Shipped"],
  ["path", "By path"],
  ["folder", "Folder"],
  ["upload", "Upload"],
] as const;

type Way = (typeof WAYS)[number][0];

export function AddModel({ panel }: { panel: ModelsController }) {
  const [way, setWay] = useState<Way>("shipped");
  const id = useId();
  const tabs = useRef<HTMLDivElement>(null);
  const choose = (next: Way) => {
    setWay(next);
    panel.dismissCheck();
    panel.clearError("load");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isRtl = tabs.current !== null && getComputedStyle(tabs.current).direction === "rtl";
    const forward = isRtl ? "ArrowLeft" : "ArrowRight";
    const backward = isRtl ? "ArrowRight" : "ArrowLeft";
    const index = WAYS.findIndex(([name]) => name === way);
    const moved =
      { [forward]: index + 1, [backward]: index - 1, Home: 0, End: WAYS.length - 1 }[event.key] ??
      null;
    if (moved === null) return;
    event.preventDefault();
    const next = (moved + WAYS.length) % WAYS.length;
    choose(WAYS[next]?.[0] ?? "shipped");
    (tabs.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <Section title="Add a model">
      <div ref={tabs} class="realm-tabs" role="tablist" aria-label="Where it comes from">
        {WAYS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={way === name}
            aria-controls={`${id}-panel`}
            tabIndex={way === name ? 0 : -1}
            onClick={() => choose(name)}
            onKeyDown={onKeyDown}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        class="realm-tab-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${way}`}
      >
        {way === "shipped" ? <ShippedModels panel={panel} /> : null}
        {way === "path" ? <ByPath panel={panel} /> : null}
        {way === "folder" ? <Folder panel={panel} /> : null}
        {way === "upload" ? <Upload panel={panel} /> : null}
        {way === "upload" ? <Where panel={panel} /> : null}
      </div>
    </Section>
  );
}

function ShippedModels({ panel }: { panel: ModelsController }) {
  const shipped = panel.store.shipped.value;
  if (shipped.length === 0) return <p class="realm-models-empty">No model ships here.</p>;
  return (
    <ul class="realm-sources">
      {shipped.map(({ name, file_bytes, is_loaded }) => (
        <Source
          key={name}
          panel={panel}
          source={name}
          label={name}
          note={formatBytes(file_bytes)}
          isLoaded={is_loaded}
        />
      ))}
    </ul>
  );
}

interface SourceProps {
  panel: ModelsController;
  source: string;
  label: string;
  note: string;
  isLoaded: boolean;
}

/** One thing to load: choosing it asks for the verdict, which has the button that loads. */
function Source({ panel, source, label, note, isLoaded }: SourceProps) {
  const isChosen = panel.check.value?.source === source;
  return (
    <li>
      <div class="realm-source">
        <span class="realm-source-name" dir="auto" title={source}>
          {label}
        </span>
        <span class="realm-hint">{note}</span>
        {isLoaded ? (
          <span class="realm-badge">loaded</span>
        ) : (
          <Button
            aria-expanded={isChosen}
            aria-label={`Load ${label}`}
            disabled={!panel.context.connected.value}
            onClick={() =>
              isChosen ? panel.dismissCheck() : void panel.checkSource(source, label)
            }
          >
            Load…
          </Button>
        )}
      </div>
      {isChosen ? <Verdict panel={panel} /> : null}
    </li>
  );
}

interface PlaceFormProps {
  label: string;
  placeholder: string;
  action: string;
  isDisabled: boolean;
  value: string;
  onChange(value: string): void;
  onSubmit(): void;
}

/** A line to name a file or a folder on. */
function PlaceForm(props: PlaceFormProps) {
  return (
    <form
      class="realm-form-line"
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      <NameField {...props} />
      <Button type="submit" disabled={props.isDisabled}>
        {props.action}
      </Button>
    </form>
  );
}

type NameFieldProps = Pick<PlaceFormProps, "label" | "placeholder" | "value" | "onChange">;

/** A field for a path or an id: left to right, and nobody's prose. */
function NameField({ label, placeholder, value, onChange }: NameFieldProps) {
  return (
    <label class="realm-field">
      <span>{label}</span>
      <input
        class="realm-input"
        dir="ltr"
        spellcheck={false}
        autocomplete="off"
        placeholder={placeholder}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

function ByPath({ panel }: { panel: ModelsController }) {
  const [path, setPath] = useState("");
  const source = path.trim();
  return (
    <>
      <PlaceForm
        label="GGUF file"
        placeholder="/models/llama.gguf"
        action="Check"
        isDisabled={source === "" || !panel.context.connected.value}
        value={path}
        onChange={(value) => {
          setPath(value);
          panel.dismissCheck();
        }}
        onSubmit={() => void panel.checkSource(source)}
      />
      <Verdict panel={panel} />
    </>
  );
}

function Folder({ panel }: { panel: ModelsController }) {
  const [folder, setFolder] = useState(panel.store.folder.peek());
  const scan = panel.scan.value;
  const isScanning = panel.isScanning.value;
  return (
    <>
      <PlaceForm
        label="Folder"
        placeholder="/models"
        action={isScanning ? "Looking…" : "Scan"}
        isDisabled={isScanning || !panel.context.connected.value}
        value={folder}
        onChange={setFolder}
        onSubmit={() => {
          panel.dismissCheck();
          void panel.scanFolder(folder.trim());
        }}
      />
      <Problem text={panel.errors.value.scan} onDismiss={() => panel.clearError("scan")} />
      {scan === null ? null : scan.files.length === 0 ? (
        <p class="realm-models-empty">No GGUF files in {scan.folder}.</p>
      ) : (
        <ul class="realm-sources">
          {scan.files.map(({ path, name, file_bytes, num_parts }) => (
            <Source
              key={path}
              panel={panel}
              source={path}
              label={name}
              note={`${formatBytes(file_bytes)}${num_parts > 1 ? ` in ${num_parts} parts` : ""}`}
              isLoaded={panel.store.models.value.some((model) => model.path === path)}
            />
          ))}
        </ul>
      )}
      {scan !== null && !scan.isComplete ? (
        <p class="realm-hint">There are more; name a folder further down to see them.</p>
      ) : null}
    </>
  );
}

function Upload({ panel }: { panel: ModelsController }) {
  const [chosen, setChosen] = useState<File | null>(null);
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const free = panel.store.availableBytes.value;
  const isUploading = panel.isUploading.value;
  const isAway = !panel.context.connected.value;
  const take = (file: File | undefined) => {
    panel.clearError("upload");
    if (file !== undefined) setChosen(file);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button beside does the same */}
      <div
        class={`realm-drop${isOver ? " realm-drop-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <Icon name="upload" />
        <span>Drop a GGUF file here, or</span>
        <Button onClick={() => input.current?.click()}>Choose a file</Button>
        <input
          ref={input}
          type="file"
          class="realm-hidden"
          tabIndex={-1}
          aria-hidden="true"
          accept=".gguf"
          onChange={(event) => {
            take(event.currentTarget.files?.[0]);
            event.currentTarget.value = "";
          }}
        />
      </div>
      {chosen === null ? null : (
        <div class="realm-verdict">
          <strong dir="auto">{chosen.name}</strong>
          <MemoryLine required={chosen.size} available={free} fits={chosen.size <= free} />
          <div class="realm-verdict-foot">
            <Button
              look="primary"
              disabled={isUploading || isAway || chosen.size > free}
              onClick={() => {
                setChosen(null);
                void panel.upload(chosen);
              }}
            >
              Upload and load
            </Button>
            <Button onClick={() => setChosen(null)}>Not this one</Button>
          </div>
        </div>
      )}
      <Problem text={panel.errors.value.upload} onDismiss={() => panel.clearError("upload")} />
    </>
  );
}

function Verdict({ panel }: { panel: ModelsController }) {
  const check = panel.check.value;
  const [name, setName] = useState("");
  if (check === null) return null;
  const { verdict } = check;
  if (check.error !== "") return <Problem text={check.error} />;
  if (verdict === null) return <p class="realm-models-empty">Reading the file’s header…</p>;
  const facts = [
    verdict.architecture,
    verdict.quant_type,
    `${formatParameters(verdict.num_parameters)} parameters`,
    `${formatCount(verdict.context_length)} tokens of context`,
    `${formatBytes(verdict.file_bytes)} on disk`,
  ];
  return (
    <div class="realm-verdict">
      {verdict.name !== "" && verdict.name !== check.label ? (
        <strong dir="auto">{verdict.name}</strong>
      ) : null}
      <span class="realm-hint">{facts.filter((fact) => fact !== "").join(" · ")}</span>
      <MemoryLine
        required={verdict.required_bytes}
        available={verdict.available_bytes}
        fits={verdict.fits}
      />
      <Where panel={panel} onChange={() => void panel.checkSource(check.source, check.label)} />
      <form
        class="realm-verdict-foot"
        onSubmit={(event) => {
          event.preventDefault();
          void panel.load(check.source, name);
        }}
      >
        <NameField label="Id" placeholder="from the file’s name" value={name} onChange={setName} />
        <Button
          type="submit"
          look="primary"
          disabled={!verdict.fits || !panel.context.connected.value}
        >
          Load
        </Button>
      </form>
      <Problem text={panel.errors.value.load} onDismiss={() => panel.clearError("load")} />
    </div>
  );
}

interface MemoryLineProps {
  fits: boolean;
  required: number;
  available: number;
}

/** Whether it fits, in words, and how much of the free memory it takes as a bar. */
function MemoryLine({ fits, required, available }: MemoryLineProps) {
  const share = available > 0 ? Math.min(1, required / available) : 1;
  return (
    <div class={`realm-memory ${fits ? "realm-memory-fits" : "realm-memory-full"}`}>
      <span class="realm-memory-text">
        <Icon name={fits ? "check" : "warning"} />
        <span>{memoryLine(fits, required, available)}</span>
      </span>
      <span class="realm-bar" aria-hidden="true">
        <span style={{ inlineSize: `${Math.max(1, share * 100)}%` }} />
      </span>
    </div>
  );
}

/** On which device and with which executor; only shown where there is a choice. */
function Where({ panel, onChange }: { panel: ModelsController; onChange?: () => void }) {
  const { devices, executors } = panel.store;
  const choices = [
    ["Device", devices.value, panel.device],
    ["Executor", executors.value, panel.executor],
  ] as const;
  const open = choices.filter(([, names]) => names.length > 1);
  if (open.length === 0) return null;
  return (
    <div class="realm-where">
      {open.map(([label, names, value]) => (
        <label key={label} class="realm-field">
          <span>{label}</span>
          <span class="realm-select">
            <select
              value={value.value}
              onChange={(event) => {
                value.value = event.currentTarget.value;
                onChange?.();
              }}
            >
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
            <Icon name="down" />
          </span>
        </label>
      ))}
    </div>
  );
}
