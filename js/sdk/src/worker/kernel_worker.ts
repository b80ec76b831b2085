/** Script of a Web Worker that is one thread of the kernels. */

import { runKernelThread, type ThreadMessage } from "../kernels/thread.js";
import { webParent } from "./web_port.js";

webParent<never, ThreadMessage>().listen(runKernelThread);
