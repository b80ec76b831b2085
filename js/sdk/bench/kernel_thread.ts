/** A thread of the kernels, for chromium.mjs. */

import { runKernelThread } from "../src/kernels/thread.js";

self.onmessage = ({ data }) => runKernelThread(data);
