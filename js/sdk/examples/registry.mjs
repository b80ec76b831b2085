/**
 * Two models side by side: both stay loaded, each is asked by its id.
 *
 *   node examples/registry.mjs
 */
import { readFile } from "node:fs/promises";
import { ModelNotFoundError, RealmRegistry } from "@realm-jupyter/sdk";

const demo = new URL("../../../realm_jupyter/demo/", import.meta.url);

const registry = new RealmRegistry();
try {
  await registry.loadModel("questions", await readFile(new URL("paris.gguf", demo)));
  await registry.loadModel("stories", new URL("tales.gguf", demo));
  for (const { id, memoryBytes, isCurrent } of await registry.getModels()) {
    console.log(`${id}: ${(memoryBytes / 1e6).toFixed(1)} MB${isCurrent ? " (default)" : ""}`);
  }

  // At the same time; each model answers for itself.
  const [answer, tale] = await Promise.all([
    registry.generate("questions", "What is the capital of France?", { temperature: 0 }),
    registry.generate("stories", "Once upon a time", { raw: true, temperature: 0, maxTokens: 24 }),
  ]);
  console.log(answer.text);
  console.log(`Once upon a time${tale.text}`);

  await registry.unloadModel("stories");
  try {
    await registry.generate("stories", "Once upon a time");
  } catch (error) {
    if (!(error instanceof ModelNotFoundError)) throw error;
    console.log(`${error.code}: ${error.message}`);
  }
} finally {
  await registry.dispose();
}
