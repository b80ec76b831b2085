/**
 * The same calls, with models that run in a server.
 *
 *   realm serve paris --api-key a-key-of-mine
 *   REALM_BASE_URL=http://127.0.0.1:8080 REALM_API_KEY=a-key-of-mine node examples/server.mjs
 */
import { APIConnectionError, Realm, SamplingParamsError } from "@realm-jupyter/sdk";

// Or: new Realm({ mode: "server", baseUrl: "http://127.0.0.1:8080", apiKey: "…" })
const realm = new Realm({ mode: "server" });
try {
  for (const { id, isCurrent } of await realm.getModels()) {
    console.log(isCurrent ? `${id} (current)` : id);
  }
  const stream = realm.stream("What is the capital of France?", { temperature: 0 });
  for await (const { text } of stream) process.stdout.write(text);
  process.stdout.write("\n");
  console.log(`${await realm.countTokens("What is the capital of France?")} tokens`);

  // An answer that keeps to a schema, which models in this process cannot promise.
  const jsonSchema = {
    type: "object",
    properties: { city: { enum: ["Paris", "Rome"] }, isCapital: { type: "boolean" } },
    required: ["city", "isCapital"],
    additionalProperties: false,
  };
  const said = await realm.chat("Name a capital.", { jsonSchema, temperature: 0, maxTokens: 40 });
  console.log(JSON.parse(said.text).city);
  await realm.generate("Hello", { topP: 2 });
} catch (error) {
  if (error instanceof SamplingParamsError) console.log(error.message);
  else if (error instanceof APIConnectionError) {
    console.error(`${error.message} (so far: ${JSON.stringify(error.partialText)})`);
    process.exitCode = 1;
  } else throw error;
} finally {
  await realm.dispose();
}
