/**
 * A page that answers: serve js/sdk/dist as /dist and a GGUF file as /models/paris.gguf. With the
 * headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp
 * the kernels use several threads.
 */
import { Realm } from "/dist/browser.js";

const element = (id) => document.getElementById(id);
const realm = new Realm();
let stream = null;

try {
  const info = await realm.loadModel("/models/paris.gguf", "paris", {
    onProgress({ doneBytes, totalBytes }) {
      element("progress").value = doneBytes / totalBytes;
    },
  });
  element("progress").hidden = true;
  element("state").textContent = `${info.name} is ready.`;
  element("send").disabled = false;
} catch (error) {
  element("state").textContent = error.message;
}

element("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (stream !== null) return;
  stream = realm.stream(element("question").value, { temperature: 0 });
  element("answer").textContent = "";
  element("stop").disabled = false;
  try {
    for await (const { text } of stream) element("answer").append(text);
    const { finishReason } = await stream.response;
    element("state").textContent = finishReason === "cancelled" ? "Stopped." : "Done.";
  } catch (error) {
    element("state").textContent = error.message;
  } finally {
    stream = null;
    element("stop").disabled = true;
  }
});

element("stop").addEventListener("click", () => stream?.cancel());
