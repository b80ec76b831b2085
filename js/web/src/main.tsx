/** The page's script: starts when the check before it found nothing amiss. */
import "../../widget/src/shared/base.css";
import "../../widget/src/chat/chat.css";
import "./page.css";
import { render } from "preact";
import { followTheme } from "../../widget/src/shared/theme";
import { prepareOffline } from "./isolation";
import { Loader } from "./loader";
import { ModelFiles } from "./model_files";
import { Page } from "./Page";
import { modelCacheName, readPageData } from "./page_data";
import { openPictures } from "./pictures";
import { openRealmModel } from "./realm_model";
import { Storage } from "./storage";

const FOLDER = new URL("./", import.meta.url);
const ROOT = new URL("./", document.baseURI);

async function openCache(): Promise<Cache | null> {
  try {
    // Not there without TLS; refused in some private windows.
    return await caches.open(modelCacheName(ROOT.pathname));
  } catch {
    return null;
  }
}

async function start(root: HTMLElement): Promise<void> {
  const data = readPageData(document);
  const isReloading = await prepareOffline(new URL("sw.js", ROOT).href);
  if (isReloading) return;
  const files = new ModelFiles(data.model.parts, await openCache(), ROOT.href);
  const loader = new Loader(data.model, files, openRealmModel(data));
  const storage = new Storage(
    files,
    async () => await navigator.serviceWorker?.getRegistration(ROOT.href),
  );
  const asset = (name: string): Promise<object> => import(new URL(name, FOLDER).href);
  root.replaceChildren();
  followTheme(root);
  openPictures(root);
  render(<Page data={data} loader={loader} storage={storage} asset={asset} />, root);
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  await loader.begin(connection?.saveData ?? false);
}

const root = document.getElementById("page");
if (root !== null && !document.documentElement.hasAttribute("data-problem")) void start(root);
