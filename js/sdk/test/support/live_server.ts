/** `realm serve`, as users start it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PYTHON } from "./python.js";

export const USER_KEY = "key-of-the-user";
export const ADMIN_KEY = "key-of-the-administrator";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

export interface LiveServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Write `paris` with a template that calls tools in the form of Hermes; gives the file. */
export function writeToolModel(folder: string): string {
  const script =
    "import pathlib, sys; from support.tool_models import write_tool_models; " +
    'write_tool_models(pathlib.Path(sys.argv[1]), forms=("hermes",))';
  const env = { ...process.env, PYTHONPATH: `${ROOT}:${ROOT}/tests` };
  execFileSync(PYTHON as string, ["-c", script, folder], { cwd: ROOT, env });
  return `${folder}/hermes.gguf`;
}

/** Start a server that has `paris`, and wait until it is ready. */
export async function startServer(...flags: string[]): Promise<LiveServer> {
  const keys = ["--api-key", USER_KEY, "--admin-key", ADMIN_KEY];
  const server = spawn(
    PYTHON as string,
    ["-m", "realm_jupyter", "serve", "--port", "0", "--no-discovery", ...keys, ...flags, "paris"],
    { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
  );
  try {
    const url = await ready(server);
    return { url, stop: () => stop(server) };
  } catch (error) {
    server.kill("SIGKILL");
    throw error;
  }
}

async function ready(server: ChildProcess): Promise<string> {
  const lines: string[] = [];
  const exited = once(server, "exit").then(() => {
    throw new Error(`realm serve ended: ${lines.join("\n")}`);
  });
  const told = new Promise<string>((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
        lines.push(line);
        const url = /listening at (\S+)/.exec(lines.join("\n"))?.[1];
        if (url !== undefined && line.endsWith(": ready")) resolve(url);
      });
    }
  });
  return Promise.race([told, exited]);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGINT");
  await exited;
}
