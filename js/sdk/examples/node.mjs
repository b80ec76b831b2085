/**
 * Ask a model, in Node: text as it comes, a conversation, several prompts at once.
 *
 *   node examples/node.mjs MODEL.gguf
 */
import { Realm } from "@realm-jupyter/sdk";

const [file = "../../realm_jupyter/demo/paris.gguf"] = process.argv.slice(2);

const realm = new Realm();
try {
  const info = await realm.loadModel(file, "model", {
    onProgress: ({ stage, doneBytes, totalBytes }) =>
      process.stderr.write(`\r${stage} ${Math.round((100 * doneBytes) / totalBytes)} %`),
  });
  process.stderr.write(`\r${info.name}: ${info.architecture}, ${info.quantType}\n`);

  // Text as it comes; leaving the loop would stop the model.
  const stream = realm.stream("What is the capital of France?", { temperature: 0 });
  for await (const { text } of stream) process.stdout.write(text);
  const { usage, timings } = await stream.response;
  process.stdout.write(
    `\n${usage.completionTokens} tokens, ${timings.tokensPerSecond.toFixed(0)} a second\n`,
  );

  // A conversation, with the roles that the model's template knows.
  const messages = [{ role: "user", content: "What is the capital of Italy?" }];
  const answer = await realm.chat(messages, { temperature: 0 });
  messages.push({ role: "assistant", content: answer.text });
  console.log(answer.text);

  // Several prompts in one running batch.
  const prompts = ["Japan", "Spain"].map((name) => `What is the capital of ${name}?`);
  for (const { text } of await realm.generateBatch(prompts, { temperature: 0 })) console.log(text);

  // A signal ends a text; what there is of it stays.
  const signal = AbortSignal.timeout(5_000);
  const poem = await realm.generate("Tell me of Paris.", { signal, maxTokens: 20 });
  console.log(poem.finishReason);
} finally {
  await realm.dispose();
}
