/** The loaded models. */
import { useRef, useState } from "preact/hooks";
import { formatCount } from "../shared/format";
import type { DetailsResult, ModelRow } from "../shared/messages";
import type { ModelsController } from "./controller";
import { formatBytes, formatParameters } from "./format";
import { Button, homeOf, Problem, Section } from "./parts";

export function ModelList({ panel }: { panel: ModelsController }) {
  const models = panel.store.models.value;
  return (
    <Section title="Loaded">
      {models.length === 0 ? (
        <p class="realm-models-empty">No model is loaded. Add one below.</p>
      ) : (
        <ul class="realm-models-list">
          {models.map((model) => (
            <Row key={model.id} panel={panel} model={model} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ panel, model }: { panel: ModelsController; model: ModelRow }) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [details, setDetails] = useState<DetailsResult["metadata"] | null>(null);
  const unloadButton = useRef<HTMLButtonElement>(null);
  const error = panel.errors.value[`model:${model.id}`];
  const isAway = !panel.context.connected.value;

  const closeQuestion = () => {
    setAsking(false);
    requestAnimationFrame(() => unloadButton.current?.focus());
  };
  const unload = async () => {
    const goHome = homeOf(unloadButton.current);
    setBusy(true);
    const isDone = await panel.unload(model.id);
    setBusy(false);
    if (isDone) goHome();
    else closeQuestion();
  };
  const toggleDetails = async () => {
    if (details !== null) setDetails(null);
    else setDetails((await panel.details(model.id))?.metadata ?? null);
  };

  return (
    <li class={`realm-model${model.is_current ? " realm-model-current" : ""}`}>
      <div class="realm-model-top">
        <div class="realm-model-names">
          <strong dir="auto">{model.id}</strong>
          {model.is_current ? <span class="realm-badge">in use</span> : null}
          {model.name !== "" && model.name !== model.id ? (
            <span class="realm-hint" dir="auto">
              {model.name}
            </span>
          ) : null}
        </div>
        <div class="realm-model-actions">
          {model.is_current ? null : (
            <Button
              disabled={isAway}
              aria-label={`Use ${model.id}`}
              onClick={() => {
                void panel.use(model.id);
                unloadButton.current?.focus();
              }}
            >
              Use
            </Button>
          )}
          <Button
            ref={unloadButton}
            disabled={isAway || isBusy}
            aria-expanded={isAsking}
            aria-label={`Unload ${model.id}`}
            onClick={() => setAsking(!isAsking)}
          >
            Unload
          </Button>
        </div>
      </div>
      <Figures model={model} />
      {isAsking ? (
        <fieldset
          class="realm-model-question"
          aria-label={`Unload ${model.id}?`}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            closeQuestion();
          }}
        >
          <span>{unloadQuestion(model)}</span>
          <span class="realm-model-actions">
            <Button
              ref={(button) => button?.focus()}
              look="danger"
              disabled={isBusy}
              onClick={() => void unload()}
            >
              Unload now
            </Button>
            <Button onClick={closeQuestion}>Keep</Button>
          </span>
        </fieldset>
      ) : null}
      <Problem text={error} onDismiss={() => panel.clearError(`model:${model.id}`)} />
      <button
        type="button"
        class="realm-link-button"
        aria-expanded={details !== null}
        aria-label={`Details of ${model.id}`}
        disabled={isAway && details === null}
        onClick={() => void toggleDetails()}
      >
        {details === null ? "Details" : "Hide details"}
      </button>
      {details === null ? null : <Details model={model} metadata={details} />}
    </li>
  );
}

function unloadQuestion(model: ModelRow): string {
  const freed = formatBytes(model.memory_bytes);
  if (model.num_tenants <= 1) return `Unload it and free ${freed}?`;
  return `${model.num_tenants} tenants use it, and what runs on it will stop. Unload it and free ${freed}?`;
}

function Figures({ model }: { model: ModelRow }) {
  const tenants = model.num_tenants === 1 ? "1 tenant" : `${model.num_tenants} tenants`;
  const figures: [string, string][] = [
    ["Architecture", model.architecture],
    ["Quantisation", model.quant_type],
    ["Parameters", formatParameters(model.num_parameters)],
    ["Context", `${formatCount(model.context_length)} tokens`],
    ["Memory", formatBytes(model.memory_bytes)],
    ["Device", model.device],
    ["In use by", tenants],
  ];
  return (
    <dl class="realm-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface DetailsProps {
  model: ModelRow;
  metadata: DetailsResult["metadata"];
}

function Details({ model, metadata }: DetailsProps) {
  const rows: [string, string][] = [
    ["file", model.path],
    ["size on disk", formatBytes(model.file_bytes)],
    ["layers", formatCount(model.num_layers)],
    ["vocabulary", `${formatCount(model.vocab_size)} tokens`],
    ["executor", model.executor],
    ["chat template", model.has_chat_template ? "yes" : "no"],
    ...Object.entries(metadata).map(([key, value]): [string, string] => [key, shown(value)]),
  ];
  return (
    <section
      class="realm-model-details"
      aria-label={`Metadata of ${model.id}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
      tabIndex={0}
    >
      <table>
        <tbody>
          {rows.map(([key, value]) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td dir="auto">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const MAX_SHOWN = 400;

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
