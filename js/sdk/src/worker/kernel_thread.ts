/** Script of a thread of Node that is one thread of the kernels. */

import { runKernelThread, type ThreadMessage } from "../kernels/thread.js";
import { nodeParent } from "./node_port.js";

nodeParent<never, ThreadMessage>().listen(runKernelThread);
