/** What the model is, whose it is, and what of it is kept here. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatBytes, formatParameters } from "../../widget/src/models/format";
import { formatCount } from "../../widget/src/shared/format";
import { IconButton } from "../../widget/src/shared/IconButton";
import type { PageData } from "./page_data";
import type { Storage } from "./storage";

interface AboutProps {
  data: PageData;
  storage: Storage;
  /** What runs the model, in words. */
  runsOn: string;
  onClose(): void;
}

export function About({ data, storage, runsOn, onClose }: AboutProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { model } = data;
  useEffect(() => dialog.current?.showModal(), []);
  const rows = [
    ["Author", model.author],
    ["Parameters", formatParameters(model.num_parameters)],
    ["Kind", [model.architecture, model.quant_type].filter((part) => part !== "").join(", ")],
    ["Context", `${formatCount(model.context_length)} tokens`],
    ["Size", formatBytes(model.file_bytes)],
    ["Runs on", runsOn],
  ].filter(([, text]) => text !== "");
  return (
    <dialog ref={dialog} class="page-about" aria-labelledby="about-title" onClose={onClose}>
      <div class="page-about-head">
        <h2 id="about-title" dir="auto">
          {model.name}
        </h2>
        <IconButton icon="close" label="Close" onClick={() => dialog.current?.close()} />
      </div>
      {model.description === "" ? null : <p dir="auto">{model.description}</p>}
      <dl>
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{text}</dd>
          </div>
        ))}
        <div>
          <dt>Licence</dt>
          <dd dir="auto">
            <Licence name={model.licence} url={model.licence_url} />
          </dd>
        </div>
      </dl>
      <p>
        The model runs in this browser: nothing that you write leaves your device. Models make
        mistakes; check what matters.
      </p>
      <Kept storage={storage} />
      <p class="realm-hint">
        Made with realm_jupyter. <a href="MODEL.txt">Notice of the model</a>{" "}
        <i aria-hidden="true">·</i> <a href="LICENSES.txt">Licences of the software</a>
      </p>
    </dialog>
  );
}

function Licence({ name, url }: { name: string; url: string }) {
  const label = name === "" ? "not stated in the model's file" : name;
  if (url === "") return <>{label}</>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {name === "" ? url : name}
    </a>
  );
}

function Kept({ storage }: { storage: Storage }) {
  const [text, setText] = useState("");
  const [canDelete, setCanDelete] = useState(false);
  useEffect(() => {
    storage.describe().then((found) => {
      setText(found.text);
      setCanDelete(found.isKept);
    });
  }, [storage]);
  const remove = async () => {
    await storage.clear();
    setText("Deleted. The model will be downloaded again on the next visit.");
    setCanDelete(false);
  };
  return (
    <div class="page-kept">
      <p role="status">{text}</p>
      {canDelete ? (
        <button type="button" class="realm-button realm-danger" onClick={() => void remove()}>
          Delete it here
        </button>
      ) : null}
    </div>
  );
}
