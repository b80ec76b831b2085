/** What the tests of the views share. */
import { vi } from "vitest";
import { FakeKernel, type FakeOptions } from "../dev/fake";
import { ChatController } from "../src/chat/controller";
import { createContext, type OwnedContext } from "../src/shared/context";

export interface Rig {
  kernel: FakeKernel;
  context: OwnedContext;
  chat: ChatController;
  end(): void;
}

/** A chat that has its first snapshot, over a fake kernel; time is vitest's. */
export async function startChat(
  options: FakeOptions = {},
  prepare: (kernel: FakeKernel) => void = () => undefined,
): Promise<Rig> {
  const kernel = new FakeKernel(options);
  prepare(kernel);
  const rig = await addView(kernel);
  return rig;
}

/** One more view of the same chat. */
export async function addView(kernel: FakeKernel): Promise<Rig> {
  const context = createContext(kernel.view());
  const chat = new ChatController(context);
  const started = chat.start();
  await vi.advanceTimersByTimeAsync(1);
  await started;
  const end = () => {
    chat.dispose();
    context.dispose();
  };
  return { kernel, context, chat, end };
}

/** Let time pass, and with it answers, events and frames. */
export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}
