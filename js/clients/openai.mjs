// What the official client from npm makes of a server: chat, a stream, tools, an error.
//
//   node clients/openai.mjs URL KEY      writes what came back, as JSON
import OpenAI, { NotFoundError } from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const question = [{ role: "user", content: "What is the capital of Italy?" }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: {
      type: "object",
      properties: { city: { enum: ["Rome", "Oslo"] } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};

const chat = await client.chat.completions.create({
  model: "paris",
  messages: question,
  temperature: 0,
});

let streamed = "";
let usage = null;
const stream = await client.chat.completions.create({
  model: "paris",
  messages: question,
  temperature: 0,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}

const called = await client.chat.completions.create({
  model: "hermes", // paris with a chat template that knows tools
  messages: question,
  tools: [weather],
  tool_choice: "required",
  seed: 1,
});
const [call] = called.choices[0].message.tool_calls;

const runner = client.chat.completions.stream({
  model: "hermes",
  messages: question,
  tools: [weather],
  tool_choice: { type: "function", function: { name: "get_weather" } },
  seed: 1,
});
const streamedCall = (await runner.finalChatCompletion()).choices[0].message.tool_calls[0];

let error = null;
try {
  await client.chat.completions.create({ model: "nobody", messages: question });
} catch (problem) {
  error = { isNotFound: problem instanceof NotFoundError, code: problem.code };
}

const left = await client.chat.completions.create({
  model: "paris",
  messages: question,
  ignore_eos: true,
  max_tokens: 900,
  stream: true,
});
for await (const _ of left) break; // which closes the connection

console.log(
  JSON.stringify({
    text: chat.choices[0].message.content,
    finish: chat.choices[0].finish_reason,
    streamed,
    usage,
    call: call.function,
    callFinish: called.choices[0].finish_reason,
    streamedCall: streamedCall.function,
    error,
  }),
);
