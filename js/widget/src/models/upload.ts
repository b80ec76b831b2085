/** A file of the reader's computer, sent to the kernel piece by piece. */
import type { WidgetContext } from "../shared/context";

export interface UploadOptions {
  device: string;
  executor: string;
  /** Most bytes of one piece. */
  chunkBytes: number;
}

/**
 * Send `file`; the kernel loads it when the last piece is there.
 *
 * One piece is under way at a time: the answer to one says where the next begins, so that a
 * piece that arrives twice or a pause of the network does no harm. A piece that the kernel
 * refuses, because the upload was cancelled for one, ends the sending with its `KernelError`.
 */
export async function uploadFile(
  context: WidgetContext,
  file: Blob & { name: string },
  { device, executor, chunkBytes }: UploadOptions,
): Promise<void> {
  const { load } = await context.request({
    type: "upload",
    filename: file.name,
    total_bytes: file.size,
    device,
    executor,
  });
  let offset = 0;
  while (offset < file.size) {
    const buffer = await file.slice(offset, offset + chunkBytes).arrayBuffer();
    const answer = await context.request(
      { type: "upload_chunk", load, offset_bytes: offset },
      { buffers: [buffer] },
    );
    if (answer.received_bytes <= offset) throw new Error("the kernel does not take the file");
    offset = answer.received_bytes;
  }
}
