/** A server that answers as a test tells it to. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

export interface BadServer extends AsyncDisposable {
  readonly url: string;
  /** Method and path of every request. */
  readonly requests: string[];
}

/** Start one that answers each request with `answer`. */
export async function badServer(answer: Answerer): Promise<BadServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answer with a status and a body. */
export function say(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** A chunk of a completion. */
export function chunk(choice: Record<string, unknown>): string {
  const choices = [{ index: 0, text: "", finish_reason: null, logprobs: null, ...choice }];
  return `data: ${JSON.stringify({ id: "x", model: "a", choices })}\n\n`;
}

export const DONE = "data: [DONE]\n\n";
